"""The benchmark: pysock against the C ``socket`` of the same interpreter.

``python -m tools.bench`` measures every row of ``rows.py`` and prints a table; ``measure.py`` says
how two implementations are compared, ``ceilings.py`` how much slower pysock may be.  A development
tool for POSIX systems: neither installing nor running pysock needs it.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
