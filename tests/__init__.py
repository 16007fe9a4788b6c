"""The tests of pysock. ``python3 -m tests`` runs them; see ``tests/__main__.py``."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
