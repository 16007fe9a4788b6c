"""What every test shares: the clone's pysock, also in the processes that a test starts."""

import os

from . import ROOT

os.environ["PYTHONPATH"] = str(ROOT)
