"""What every test shares: the clone's pysock, also in the processes that a test starts."""

import os

from . import ROOT
from .kernel import sockets

__all__ = ["sockets"]

os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
)
