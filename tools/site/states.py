"""A program that goes through the states of a TCP connection and asks the kernel for each."""

from __future__ import annotations

from .record import run
from .text import block

PROGRAM = """\
from socket import *
from pysock import tcp

def states(*named):
    print(*[f"{name} {tcp.info(sock).state.name}" for name, sock in named], sep=", ")

listener = create_server(("127.0.0.1", 0), backlog=1)
states(("listener", listener))

client = create_connection(listener.getsockname())
states(("before accept: client", client))

server, peer = listener.accept()
states(("after accept: client", client), ("server", server))

client.shutdown(SHUT_WR)         # the client is first to end what it sends
assert server.recv(1) == b""     # which the server hears as an empty answer
server.send(b"answer")           # the server can still send, which confirms the end
assert client.recv(100) == b"answer"
states(("client", client), ("server", server))

server.close()                   # the server ends as well
assert client.recv(1) == b""
client.close()
left = [c for c in tcp.sockets() if (c.local, c.peer) == (peer, listener.getsockname())]
print("and after both have closed:", *[each.state.name for each in left])"""

EXPECTED = [
    "listener LISTEN",
    "before accept: client ESTABLISHED",
    "after accept: client ESTABLISHED, server ESTABLISHED",
    "client FIN_WAIT_2, server CLOSE_WAIT",
    "and after both have closed: TIME_WAIT",
]


def shown() -> str:
    """The program, and what it has printed."""
    ran = run("states", PROGRAM)
    text = block("python", [PROGRAM])
    if ran.lacking:
        return text + f"\nThe kernel on which this was built cannot say: {ran.lacking}.\n"
    if ran.output.split("\n")[:-1] != EXPECTED:
        raise ValueError(f"a connection went through other states than the page says: {ran.output}")
    return text + "\nIt printed:\n\n" + block("text", [ran.output.rstrip()])
