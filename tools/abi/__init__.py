"""The generator of pysock's tables: what the platforms' own headers say, read without running them.

``python -m tools.abi`` regenerates ``pysock/_constants/`` and ``pysock/_layouts/``;
``python -m tools.abi --check`` says whether they are what the headers say.  A development tool:
neither installing nor running pysock needs it.
"""
