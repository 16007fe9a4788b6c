"""Sphinx's settings.  The theme's fonts are the reader's own, and no page asks a network."""

import pysock

project = "pysock"
author = "The pysock developers"
project_copyright = author
version = release = pysock.__version__
language = "en"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
master_doc = "index"
exclude_patterns = ["files"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["myst.xref_ambiguous"]

html_theme = "furo"
html_title = f"pysock {release}"
html_static_path = ["static", "../../docs/call.svg", "../../docs/call-narrow.svg"]
html_css_files = ["site.css"]
html_js_files = [("narrow.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_search_summary = False  # it would be fetched, which file:// does not allow
html_theme_options = {"sidebar_hide_name": False, "navigation_with_keys": False}
add_module_names = False
python_maximum_signature_line_length = 72
pygments_style = "friendly"
pygments_dark_style = "github-dark"
