"""``python -m pysock tcp``: the TCP sockets of the host, or of one process.

On a terminal the table is drawn again each second, until Ctrl-C; into a pipe it is written once.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from errno import ENOENT
from time import sleep

from .. import tcp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PAUSE = 1.0  # seconds from one table to the next
NARROW = 72  # columns; below, a socket has two lines
NO_SOCKETS = 2

DESCRIPTION = "Show the TCP sockets of this host, or of one process: who is connected, and how."
EPILOG = """\
examples:
  python -m pysock tcp                 on a terminal a live view, until Ctrl-C
  python -m pysock tcp --once 4711     the sockets of a process, once
  python -m pysock tcp --json          for a program to read

IN and OUT are bytes that wait to be read, and to be sent or acknowledged; of a listening socket,
connections that wait, and how many may.  RTT is in milliseconds, RETR counts segments."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "pid", nargs="?", type=int, metavar="PID", help="a process (without one: all)"
    )
    parser.add_argument("--once", action="store_true", help="print one table, also on a terminal")
    parser.add_argument("--json", action="store_true", help="print all that is known as JSON")


def main(options: argparse.Namespace) -> int:
    live = sys.stdout.isatty() and not (options.once or options.json)
    try:
        while True:
            try:
                found = tcp.sockets(options.pid)
            except OSError as error:
                about, why = "", error.strerror
                if options.pid is not None:
                    about = f"process {options.pid}: "
                    why = "there is none" if error.errno == ENOENT else why
                print(f"python -m pysock tcp: {about}{why}", file=sys.stderr)
                return NO_SOCKETS
            if options.json:
                print(json.dumps([_plain(each) for each in found], indent=1))
                return 0
            size = shutil.get_terminal_size()
            shown = list(lines(found, size.columns if sys.stdout.isatty() else 0))
            if live and len(shown) >= size.lines:  # what scrolls away cannot be drawn over
                shown[max(1, size.lines - 2) :] = [f"… of {len(found)} sockets"]
            text = "\n".join(shown)
            print(f"\033[H\033[J{text}" if live else text, flush=True)
            if not live:
                return 0
            sleep(PAUSE)
    except KeyboardInterrupt:
        return 0


def lines(found: list[tcp.Connection], width: int = 0) -> Iterator[str]:
    """A table of sockets; with a ``width`` below ``NARROW`` two lines for each of them."""
    rows = [("STATE", "IN", "OUT", "RTT", "RETR", "LOCAL", "PEER"), *map(_row, found)]
    if 0 < width < NARROW:
        for state, receive, send, rtt, again, local, peer in rows:
            yield f"{state:12} {receive:>6} {send:>6} {rtt:>7} {again:>4}"[:width]
            yield f"  {local} {peer}"[:width]
        return
    for state, receive, send, rtt, again, local, peer in rows:
        line = f"{state:12} {receive:>6} {send:>6} {rtt:>7} {again:>4}  {local:21} {peer}".rstrip()
        yield line[: width or None]


def _row(each: tcp.Connection) -> tuple[str, ...]:
    told = each.info
    known = isinstance(told, tcp.LinuxInfo) and each.state is not tcp.State.LISTEN
    rtt = again = "-"
    if known and isinstance(told, tcp.LinuxInfo):
        rtt, again = f"{(told.rtt or 0) / 1000:.3g}", str(told.total_retrans)
    peer = "*" if each.state is tcp.State.LISTEN else _address(each.peer)
    numbers = str(each.receive_queue), str(each.send_queue)
    return (each.state.value, *numbers, rtt, again, _address(each.local), peer)


def _address(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _plain(each: tcp.Connection) -> dict[str, object]:
    made = asdict(each)
    made["state"] = each.state.value
    if made["info"] is not None:
        del made["info"]["raw"], made["info"]["state"]
    return made
