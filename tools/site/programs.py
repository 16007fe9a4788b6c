"""Programs for calls whose docstrings have no example, in the place of longer ones of ``explain``.

``a`` and ``b`` are the ends of a pair; see ``calls.program_of``.
"""

PAIR = "from socket import *\na, b = socketpair()"

PROGRAMS = {
    "Socket.dup": f"{PAIR}\nc = a.dup()\na.close()\nc.send(b'still open')\nprint(b.recv(100))",
    "Socket.fileno": f"{PAIR}\nprint(a.fileno() >= 0)\na.close()\nprint(a.fileno())",
    "Socket.get_inheritable": f"{PAIR}\nprint(a.get_inheritable())",
    "Socket.getblocking": f"{PAIR}\nprint(a.getblocking())\n"
    "a.settimeout(0)\nprint(a.getblocking())",
    "Socket.setblocking": f"{PAIR}\na.setblocking(False)\ntry:\n    a.recv(1)\n"
    "except BlockingIOError as error:\n    print(error)",
    "Socket.gettimeout": f"{PAIR}\na.settimeout(0.2)\nprint(a.gettimeout())",
    "getdefaulttimeout": "from socket import *\nprint(getdefaulttimeout())",
    "setdefaulttimeout": "from socket import *\nsetdefaulttimeout(5)\n"
    "print(socket().gettimeout())\n"
    "setdefaulttimeout(None)",
}  # fmt: skip
