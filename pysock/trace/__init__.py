"""Watching foreign calls.

``recording``  a context: the calls that are made in it, decoded, for tests
``Call``       one of them

Beneath: ``watch`` is the seam where calls are seen, ``elsewhere`` what ``os`` and ``select`` do,
``memory`` copies what pointers point at; ``record`` keeps events in files, ``jsonl`` as lines of
JSON; ``decode`` makes calls of events, with the names in ``names`` and the structs in ``values``;
``order`` sorts them, and ``show``, ``terminal`` and ``strace`` write them as text.
"""

from .decode import Call
from .recording import Recording, recording

__all__ = ["recording", "Recording", "Call"]
