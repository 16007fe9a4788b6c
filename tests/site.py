"""``python3 -m tests.site``: the documentation as a site, and what is wrong with it.

Builds ``build/site/html`` anew, in an environment of its own, with warnings as errors; then checks
links, anchors, blocks of code, that no page asks a network, and in chromium, if there is one, the
form that packs addresses and the search. ``--quick`` builds what has changed, and checks nothing.
``tools/site`` says how the pages are made.
"""

import sys

from . import ROOT, help_if_asked
from ._environment import call, environment

if __name__ == "__main__":
    help_if_asked(__doc__)
    if not (ROOT / "docs").is_dir():
        sys.exit("tests.site: docs/ is not in a packed source: use a clone")
    if sys.version_info < (3, 11):
        sys.exit("tests.site: Sphinx and its theme need Python 3.11 or newer")
    options = [] if "--quick" in sys.argv[1:] else ["--check"]
    sys.exit(call(environment("docs", "furo"), "-m", "tools.site", *options))
