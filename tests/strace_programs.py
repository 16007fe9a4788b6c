"""Forty-three kinds of programs that use sockets, small, for the comparison with strace."""

from __future__ import annotations

from .strace_more import MORE

_PAIR = """
import socket, threading
def serve(srv, answer):
    def run():
        conn, peer = srv.accept()
        with conn:
            answer(conn)
    t = threading.Thread(target=run); t.start(); return t
def echo(conn):
    while True:
        data = conn.recv(1024)
        if not data: break
        conn.sendall(data)
srv = socket.create_server(("127.0.0.1", 0))
"""

PROGRAMS: dict[str, str] = {
    "tcp": _PAIR
    + """
t = serve(srv, echo)
c = socket.socket(); c.connect(srv.getsockname()); c.sendall(b"Hello, world"); c.recv(1024)
c.close(); t.join(); srv.close()
""",
    "udp": """
import socket
a = socket.socket(type=socket.SOCK_DGRAM); a.bind(("127.0.0.1", 0))
b = socket.socket(type=socket.SOCK_DGRAM); b.sendto(b"one", a.getsockname())
data, peer = a.recvfrom(100); a.sendto(data * 2, peer); b.recvfrom(100)
b.connect(a.getsockname()); b.getpeername(); b.send(b"three"); a.recv(2); a.close(); b.close()
""",
    "unix": """
import os, socket, tempfile
with tempfile.TemporaryDirectory() as folder:
    a = socket.socket(socket.AF_UNIX); a.bind(os.path.join(folder, "s")); a.listen()
    b = socket.socket(socket.AF_UNIX); b.connect(a.getsockname())
    c, _ = a.accept(); b.sendall(b"x\\n\\0y\\xff1"); c.recv(10); c.close(); b.recv(1)
    b.close(); a.close()
d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d.bind("\\0pysock-strace-%d" % os.getpid())
d.getsockname(); d.close()
""",
    "ipv6": """
import socket
a = socket.socket(socket.AF_INET6); a.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
a.bind(("::1", 0)); a.listen(5)
b = socket.socket(socket.AF_INET6); b.connect(a.getsockname()); c, peer = a.accept()
c.sendall(b"six"); b.recv(10); [s.close() for s in (a, b, c)]
""",
    "multicast": """
import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", 0))
group = socket.inet_aton("224.1.1.1") + socket.inet_aton("127.0.0.1")
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
s.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, group); s.close()
""",
    "descriptors": """
import os, socket
a, b = socket.socketpair(); r, w = os.pipe()
socket.send_fds(a, [b"fd"], [r, w]); data, fds, flags, addr = socket.recv_fds(b, 10, 4)
c = a.dup(); c.set_inheritable(True); c.get_inheritable(); d = c.detach()
e = socket.socket(fileno=d)
e.sendmsg([b"x", b"yy", b"zzz"]); b.recvmsg(100, 100)
e.close(); a.close(); b.close()
""",
    "nonblocking connect": _PAIR
    + """
import select
t = serve(srv, echo)
c = socket.socket(); c.setblocking(False); print(c.connect_ex(srv.getsockname()))
select.select([], [c], [], 5); c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
c.send(b"now"); select.select([c], [], [], 5); c.recv(10); c.close(); t.join(); srv.close()
""",
    "timeouts": """
import socket
a, b = socket.socketpair(); a.settimeout(0.05)
try: a.recv(10)
except socket.timeout: pass
b.send(b"x"); a.recv(10); a.settimeout(None); a.settimeout(0)
try: a.recv(1)
except BlockingIOError: pass
a.close(); b.close()
""",
    "errors": """
import socket
s = socket.socket(); free = socket.socket(); free.bind(("127.0.0.1", 0))
for act in (lambda: s.connect(free.getsockname()), lambda: s.getpeername(), lambda: s.recv(1),
            lambda: s.shutdown(socket.SHUT_WR), lambda: s.bind(("192.0.2.1", 0)),
            lambda: s.accept(), lambda: s.setsockopt(socket.SOL_SOCKET, 9999, 1),
            lambda: s.getsockopt(socket.IPPROTO_TCP, 9999), lambda: s.send(b"x")):
    try: act()
    except OSError as error: print(error)
s.close(); free.close()
""",
    "makefile": _PAIR
    + """
def lines(conn):
    with conn.makefile("r") as r, conn.makefile("w") as w:
        for line in r:
            w.write(line.upper()); w.flush()
t = serve(srv, lines)
with socket.create_connection(srv.getsockname()) as c, c.makefile("rwb") as f:
    f.write(b"one\\ntwo\\n"); f.flush(); f.readline(); f.readline()
t.join(); srv.close()
""",
    "sendfile": _PAIR
    + """
import tempfile
def all_of(conn):
    while conn.recv(4096): pass
t = serve(srv, all_of)
with tempfile.TemporaryFile() as file, socket.create_connection(srv.getsockname()) as c:
    file.write(b"x" * 10000); file.flush(); file.seek(0)
    c.sendfile(file); c.sendfile(file, 10, 100)
t.join(); srv.close()
""",
    "getaddrinfo": """
import socket
for each in socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM): print(each)
print(socket.getaddrinfo("localhost", "http", proto=socket.IPPROTO_TCP)[:1])
print(socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV))
try: socket.getaddrinfo("no.such.host.invalid", 1)
except socket.gaierror as error: print(error)
socket.socket(type=socket.SOCK_DGRAM).close()
""",
    "options": """
import socket, struct
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 2))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 1, 5000))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
for name in ("SO_TYPE", "SO_DOMAIN", "SO_PROTOCOL", "SO_RCVBUF", "SO_SNDBUF", "SO_KEEPALIVE",
             "SO_ERROR", "SO_REUSEPORT"):
    s.getsockopt(socket.SOL_SOCKET, getattr(socket, name))
s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY); s.getsockopt(socket.IPPROTO_IP, socket.IP_TTL)
a, b = socket.socketpair(); a.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
[x.close() for x in (s, a, b)]
""",
    "threads": """
import socket, threading
def talk(n):
    a, b = socket.socketpair()
    for i in range(5):
        a.sendall(b"%d" % (n * i)); b.recv(10)
    a.close(); b.close()
ts = [threading.Thread(target=talk, args=(n,)) for n in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
""",
    "asyncio": """
import asyncio
async def main():
    async def handle(reader, writer):
        data = await reader.read(100); writer.write(data); await writer.drain(); writer.close()
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello"); await reader.read(100); writer.close(); server.close()
    await asyncio.sleep(0.01)
asyncio.run(main())
""",
    "http": """
import http.client, http.server, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
t = threading.Thread(target=server.handle_request); t.start()
c = http.client.HTTPConnection(*server.server_address); c.request("GET", "/")
c.getresponse().read()
c.close(); t.join(); server.server_close()
""",
    "socketserver": """
import socket, socketserver, threading
class Handler(socketserver.StreamRequestHandler):
    def handle(self): self.wfile.write(self.rfile.readline().upper())
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
    t = threading.Thread(target=server.serve_forever, args=(0.05,)); t.start()
    with socket.create_connection(server.server_address) as c:
        c.sendall(b"hello\\n"); c.recv(100)
    server.shutdown(); t.join()
""",
    "select": """
import select, selectors, socket
a, b = socket.socketpair()
print(select.select([a], [b], [], 0)); b.send(b"x"); print(select.select([a, b], [], [a], 1))
p = select.poll(); p.register(a, select.POLLIN); p.register(b, select.POLLIN | select.POLLOUT)
print(p.poll(10))
p.modify(b, select.POLLIN); p.unregister(a); print(p.poll(10))
with selectors.DefaultSelector() as s:
    s.register(a, selectors.EVENT_READ); s.register(b, selectors.EVENT_WRITE)
    print(len(s.select(1)))
    s.modify(b, selectors.EVENT_READ); s.unregister(b); s.select(0.01)
a.close(); b.close()
""",
    "shutdown": _PAIR
    + """
t = serve(srv, echo)
c = socket.create_connection(srv.getsockname()); c.sendall(b"x" * 3000); c.shutdown(socket.SHUT_WR)
while c.recv(1000): pass
c.close(); t.join(); srv.close()
""",
    "reset": _PAIR
    + """
import struct, time
def late(conn):
    time.sleep(0.05)
    try: conn.recv(10)
    except ConnectionResetError as error: print(error)
t = serve(srv, late)
c = socket.create_connection(srv.getsockname())
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
c.close(); t.join(); srv.close()
""",
    "messages": """
import socket, struct
a = socket.socket(type=socket.SOCK_DGRAM); a.bind(("127.0.0.1", 0))
a.setsockopt(socket.IPPROTO_IP, socket.IP_PKTINFO, 1)
a.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTTL, 1)
b = socket.socket(type=socket.SOCK_DGRAM); b.sendmsg([b"ab", b"c"], [], 0, a.getsockname())
print(a.recvmsg(100, 200)); ttl = (socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", 9))
b.sendmsg([b"more"], [ttl], 0, a.getsockname())
room = [bytearray(2), bytearray(10)]; print(a.recvmsg_into(room, 200))
a.close(); b.close()
""",
    "fork": """
import os, socket
a, b = socket.socketpair()
pid = os.fork()
if not pid:
    a.close(); b.sendall(b"from the child"); os._exit(0)
b.close(); a.recv(100); a.recv(100); os.waitpid(pid, 0); a.close()
""",
}
PROGRAMS.update(MORE)
