"""``python -m tools.site``: the documentation as a site that works offline, from ``file://``.

What stands in the code is read there: prototypes, structs, errors, docstrings, platforms.  What
can be shown is made while building: each page of a call has the trace of a program that has just
run.  Prose is ``docs/*.md``, as it stands in the clone, and ``docs/site/*.md`` for what only the
site can show.

``__main__``    stages the sources of the site, and runs Sphinx
``stage``       the prose, with links that hold in the site
``calls``       a page for each method and function, for errors and for C functions
``structs``     families, structs, platforms, constants: what differs among them
``maps``        a struct as a map of its bytes
``record``      runs a program: its trace, and the functions of pysock that it went through
``drawings``    the life of a connection, and a call's way down, as SVG
``lessons``     a page for each lesson
``check``       what is wrong with a site that was built: links, anchors, blocks of code

It needs what the extra ``docs`` installs; ``python3 -m tests.site`` makes an environment with it.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
