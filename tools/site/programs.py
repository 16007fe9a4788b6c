"""Programs for the calls whose docstrings have no example, and of which ``explain`` has none.

``a`` and ``b`` are the ends of a pair, ``server`` listens; see ``calls.program_of``.
"""

PAIR = "from socket import *\na, b = socketpair()"
SERVER = "from socket import *\nserver = create_server(('127.0.0.1', 0))"
DATAGRAM = (
    "from socket import *\na = socket(AF_INET, SOCK_DGRAM)\nb = socket(AF_INET, SOCK_DGRAM)\n"
    "b.bind(('127.0.0.1', 0))"
)
CIPHER = """\
import os
from socket import *
algorithm = socket(AF_ALG, SOCK_SEQPACKET)
algorithm.bind(("skcipher", "cbc(aes)"))
algorithm.setsockopt(SOL_ALG, ALG_SET_KEY, b"sixteen byte key")
sock, _ = algorithm.accept()
sock.sendmsg_afalg([b"sixteen byte text"[:16]], op=ALG_OP_ENCRYPT, iv=bytes(16))
print(sock.recv(16).hex(' '))"""

PROGRAMS = {
    "Socket.connect_ex": f"{SERVER}\nsock = socket()\n"
    "print(sock.connect_ex(server.getsockname()))",
    "Socket.detach": f"{PAIR}\nfd = a.detach()\nprint(a.fileno())\nclose(fd)",
    "Socket.dup": f"{PAIR}\nc = a.dup()\na.close()\nc.send(b'still open')\nprint(b.recv(100))",
    "Socket.fileno": f"{PAIR}\nprint(a.fileno() >= 0)\na.close()\nprint(a.fileno())",
    "Socket.get_inheritable": f"{PAIR}\nprint(a.get_inheritable())",
    "Socket.set_inheritable": f"{PAIR}\na.set_inheritable(True)\nprint(a.get_inheritable())",
    "Socket.getblocking": f"{PAIR}\nprint(a.getblocking())\n"
    "a.settimeout(0)\nprint(a.getblocking())",
    "Socket.setblocking": f"{PAIR}\na.setblocking(False)\ntry:\n    a.recv(1)\n"
    "except BlockingIOError as error:\n    print(error)",
    "Socket.gettimeout": f"{PAIR}\na.settimeout(0.2)\nprint(a.gettimeout())",
    "Socket.settimeout": f"{PAIR}\na.settimeout(0.05)\ntry:\n    a.recv(1)\n"
    "except TimeoutError as error:\n    print(error)",
    "Socket.getpeername": f"{SERVER}\nsock = create_connection(server.getsockname())\n"
    "print(sock.getpeername() == server.getsockname())",
    "Socket.recvfrom_into": f"{DATAGRAM}\na.sendto(b'Hello', b.getsockname())\n"
    "buffer = bytearray(100)\nn, address = b.recvfrom_into(buffer)\nprint(n, buffer[:n])",
    "Socket.sendfile": "import tempfile\n" + PAIR + "\nwith tempfile.TemporaryFile() as file:\n"
    "    file.write(b'Hello, world')\n    file.seek(0)\n    print(a.sendfile(file))\n"
    "print(b.recv(100))",
    "Socket.sendmsg_afalg": CIPHER,
    "getdefaulttimeout": "from socket import *\nprint(getdefaulttimeout())",
    "setdefaulttimeout": "from socket import *\nsetdefaulttimeout(5)\n"
    "print(socket().gettimeout())\n"
    "setdefaulttimeout(None)",
}  # fmt: skip
