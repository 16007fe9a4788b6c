"""Whether pages fit a phone and a desk: in chromium, each page in a frame of that width.

A page must be no wider than its frame, and neither may what is drawn: pictures, maps of bytes, a
call's way down, tables.  Blocks of Python and the tables of all platforms' numbers move within
their own box.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

WIDTHS = (390, 1280)
# One of each kind.
SHOWN = (
    "index way-down tcp-life compatibility tcp speed start design options errors structs"
    " methods/connect methods/recvmsg methods/sendmsg_afalg functions/getaddrinfo families/af_inet6"
    " families/packing lessons/04-address-in-use"
).split()
DRAWN = "picture, img, svg, .bytes, .way, .trace pre, .table-wrapper"

_PROGRAM = """\
const found = [];
async function look(url, name, width) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:800px;border:0`;
  await new Promise((loaded) => { frame.onload = loaded; frame.src = url; document.body.append(frame); });
  const page = frame.contentDocument, whole = page.documentElement;
  if (whole.scrollWidth > width) found.push(`${name}: at ${width} pixels it is ${whole.scrollWidth} wide`);
  for (const each of page.querySelectorAll(DRAWN))
    if (each.clientWidth && each.scrollWidth > each.clientWidth + 1)
      found.push(`${name}: at ${width} pixels ${each.tagName} ${each.className} is ${each.scrollWidth} wide`);
  frame.remove();
}
(async () => {
  for (const width of WIDTHS) for (const [url, name] of PAGES) await look(url, name, width);
  const told = document.createElement("pre");
  told.id = "told";
  told.textContent = JSON.stringify(found);
  document.body.append(told);
})();
"""  # noqa: E501


def too_wide(pages: Path, folder: Path, dom: Callable[[str], str]) -> Iterator[str]:
    """What does not fit.  ``dom`` is what a browser makes of a page, which ``folder`` is for."""
    every = [((pages / f"{name}.html").as_uri(), name) for name in SHOWN]
    values = {"PAGES": every, "WIDTHS": WIDTHS, "DRAWN": DRAWN}
    constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    looks = folder / "widths.html"
    looks.write_text(f"<body><script>\n{constants}{_PROGRAM}</script>", encoding="utf-8")
    told = re.search(r'<pre id="told">(.*?)</pre>', dom(looks.as_uri()), re.S)
    if told is None:
        yield "no browser has looked at the pages' widths"
    else:
        yield from json.loads(html.unescape(told[1]))
