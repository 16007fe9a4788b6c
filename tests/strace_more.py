"""More programs for the comparison with strace: what is rare, what fails, children, servers."""

from __future__ import annotations

MORE: dict[str, str] = {
    "signals": """
import signal, socket; a, b = socket.socketpair(); count = []
def beat(*args):
    count.append(1)
    if len(count) > 1: b.send(b"x")
signal.signal(signal.SIGALRM, beat)
def interrupted(act):
    count.clear(); signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try: act()
    finally: signal.setitimer(signal.ITIMER_REAL, 0)
interrupted(lambda: a.recv(10)); interrupted(lambda: a.recvmsg(10)); a.settimeout(5)
interrupted(lambda: a.recv(10)); a.settimeout(None)
def fail(*args): raise KeyError
signal.signal(signal.SIGALRM, fail); signal.setitimer(signal.ITIMER_REAL, 0.01)
try:
    while 1: a.recv(1)
except KeyError: print("ended by a handler")
a.close(); b.close()
""",
    "groups": """
import socket, struct; s = socket.socket(type=socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", 0))
port = s.getsockname()[1]; group = socket.inet_aton("239.1.2.3")
there = socket.inet_aton("239.1.2.4"); here = socket.inet_aton("127.0.0.1")
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4si", group, here, 0))
s.setsockopt(socket.IPPROTO_IP, 39, socket.inet_aton("232.1.1.1") + here * 2)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, b"\\x02")
s.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4)
s.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP)
s.setsockopt(socket.IPPROTO_IP, 42, struct.pack("I4xHH4s120x", 1, 2, 0, there))
t = socket.socket(); t.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
t.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
t.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
t.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
t.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
t.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)
t.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
t.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, None, 0); t.close()
s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 16)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); s.sendto(b"all", ("239.1.2.3", port))
print(s.recvfrom(10)); six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.bind(("::", 0)); lo = socket.if_nametoindex("lo")
group = socket.inet_pton(socket.AF_INET6, "ff01::1:2")
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("@I", lo))
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, lo)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, struct.pack("@I", 1))
try:
    six.sendto(b"six", ("ff01::1:2%lo", six.getsockname()[1])); six.settimeout(0.2)
    six.recvfrom(10)
except OSError as e: print(e)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP, group + struct.pack("@I", lo))
six.close(); s.close()
""",
    "rights": """
import array, os, socket, struct; a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
pid = os.fork()
if not pid:
    a.close(); data, fds, flags, peer = socket.recv_fds(b, 100, 3)
    c = socket.socket(fileno=fds[0]); c.sendall(b"through the passed one"); c.close()
    [os.close(fd) for fd in fds[1:]]; b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    b.recvmsg(1, socket.CMSG_SPACE(12)); b.recvmsg(10, 4); b.close(); os._exit(0)
b.close(); c, d = socket.socketpair(); r, w = os.pipe()
socket.send_fds(a, [b"take ", b"these"], [c.fileno(), r, w]); c.close(); print(d.recv(100))
creds = struct.pack("3i", os.getpid(), os.getuid(), os.getgid())
a.sendmsg([b"who"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, creds)])
a.sendmsg([b"cut"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [r, w]))])
os.waitpid(pid, 0); a.close(); d.close()
""",
    "connecting": """
import select, socket; srv = socket.create_server(("127.0.0.1", 0)); free = socket.socket()
free.bind(("127.0.0.1", 0)); c = socket.socket(); c.setblocking(False)
try: c.connect(srv.getsockname())
except BlockingIOError: pass
p = select.poll(); p.register(c, select.POLLOUT); p.poll(1000)
print(c.connect_ex(srv.getsockname()), c.connect_ex(srv.getsockname())); d = socket.socket()
d.settimeout(2); print(d.connect_ex(free.getsockname())); e = socket.socket(); e.setblocking(0)
e.connect_ex(free.getsockname()); select.select([], [e], [e], 1)
print(e.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
f = socket.create_connection(srv.getsockname(), timeout=3, source_address=("127.0.0.1", 0))
try: socket.create_connection(free.getsockname(), 1)
except ConnectionRefusedError: pass
u = socket.socket(socket.AF_UNIX); print(u.connect_ex("/no/such/path"))
for x in (c, d, e, f, u): x.close()
srv.settimeout(0.05); srv.accept(); srv.accept()
try: srv.accept()
except socket.timeout: pass
srv.close(); free.close()
""",
    "slow": """
import socket, time; a, b = socket.socketpair(); a.settimeout(0.05)
try: a.sendall(bytes(1000000))
except socket.timeout: print("full")
a.setblocking(False)
try:
    while 1: a.send(bytes(100000))
except BlockingIOError: pass
b.settimeout(0.01); n = 0
try:
    while 1: n += len(b.recv(65536))
except socket.timeout: print(n)
b.settimeout(None)
try: b.recv_into(bytearray(10), 5, socket.MSG_DONTWAIT)
except BlockingIOError: pass
b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, b"\\x00" * 8 + 20000 .to_bytes(8, "little"))
b.settimeout(None)
try: b.recv(5)
except BlockingIOError as e: print(e)
u = socket.socket(type=socket.SOCK_DGRAM); u.bind(("127.0.0.1", 0)); u.settimeout(0.02)
for f in (u.recvfrom, u.recv, u.recvmsg):
    try: f(10)
    except socket.timeout: pass
l = socket.create_server(("127.0.0.1", 0), backlog=1); l.settimeout(0.03)
try: l.accept()
except socket.timeout as e: print(e)
for x in (a, b, u, l): x.close()
""",
    "refused": """
import os, socket
def tried(act):
    try: print(act())
    except OSError as error: print(type(error).__name__, error)
s = socket.socket(type=socket.SOCK_DGRAM); t = socket.socket(); t.bind(("127.0.0.1", 0))
t.listen(); tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 17))
tried(lambda: socket.socket(999)); tried(lambda: socket.socket(socket.AF_UNIX, 77))
tried(lambda: s.send(b"x")); tried(lambda: s.sendto(bytes(70000), t.getsockname()))
tried(lambda: s.listen()); tried(lambda: socket.socket().bind(t.getsockname()))
tried(lambda: s.connect(("255.255.255.255", 1))); closed = os.dup(1); os.close(closed)
tried(lambda: socket.socket(fileno=closed)); r, w = os.pipe()
tried(lambda: socket.socket(fileno=r)); u = socket.socket(socket.AF_UNIX)
tried(lambda: u.bind("/no/such/folder/s")); tried(lambda: u.getpeername())
a, b = socket.socketpair(); b.close(); tried(lambda: a.send(b"x"))
tried(lambda: a.sendmsg([b"a", b"b"]))
tried(lambda: a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1))
tried(lambda: a.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
tried(lambda: t.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"nodevice\\x00"))
x = socket.socket(type=socket.SOCK_DGRAM); x.bind(("127.0.0.1", 0)); free = x.getsockname()
x.close(); s.connect(free); s.send(b"?"); tried(lambda: s.recv(1)); tried(lambda: s.shutdown(9))
tried(lambda: s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, b"\\xff\\xff\\xff\\x7f")]))
for each in (s, t, u, a): each.close()
""",
    "files": """
import io, os, socket, tempfile; a, b = socket.socketpair()
r = a.makefile("r", encoding="utf-8", newline="\\n"); w = b.makefile("w", buffering=1)
w.write("eins\\n"); w.flush(); print(r.readline()); raw = b.makefile("rb", buffering=0)
a.sendall(b"raw"); print(raw.read(10)); buf = bytearray(4); a.sendall(b"into")
raw.readinto(buf); w.close(); rw = a.makefile("rwb"); rw.write(b"x" * 20000); rw.flush()
print(len(b.recv(65536))); a.settimeout(0.02)
try: a.makefile("rb").read(1)
except OSError as e: print(e)
a.settimeout(None)
with tempfile.NamedTemporaryFile() as f:
    f.write(os.urandom(300)); f.flush(); f.seek(0); print(a.sendfile(f, offset=10, count=100))
    print(a._sendfile_use_send(open(f.name, "rb"))); b.recv(1000); a.setblocking(True)
    a.settimeout(2); f.seek(0); print(a.sendfile(f)); b.recv(1000)
    print(os.sendfile(a.fileno(), f.fileno(), 0, 5)); b.recv(10)
r.close(); raw.close(); rw.close(); a.close(); b.close()
""",
    "crowd": """
import concurrent.futures, queue, socket, threading
srv = socket.create_server(("127.0.0.1", 0)); n = 6
def serve():
    for _ in range(n):
        conn, _ = srv.accept(); threading.Thread(target=one, args=(conn,), name="conn").start()
def one(conn):
    with conn:
        while 1:
            got = conn.recv(100)
            if not got: return
            conn.sendall(got[::-1])
t = threading.Thread(target=serve); t.start()
def client(i):
    with socket.create_connection(srv.getsockname()) as c:
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for j in range(3):
            c.sendall(b"%d-%d" % (i, j)); c.recv(100)
        c.shutdown(socket.SHUT_WR); return c.recv(10)
with concurrent.futures.ThreadPoolExecutor(3) as pool: print(list(pool.map(client, range(n))))
t.join(); srv.close()
""",
    "event loop": """
import asyncio, os, socket, sys, tempfile
class Echo(asyncio.DatagramProtocol):
    def connection_made(self, t): self.t = t
    def datagram_received(self, data, addr): self.t.sendto(data.upper(), addr)
class Client(asyncio.DatagramProtocol):
    def __init__(self): self.got = asyncio.get_running_loop().create_future()
    def connection_made(self, t): t.sendto(b"hi")
    def datagram_received(self, data, addr): self.got.set_result(data)
async def main():
    loop = asyncio.get_running_loop()
    s, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    c, p = await loop.create_datagram_endpoint(Client, remote_addr=s.get_extra_info("sockname"))
    print(await p.got); s.close(); c.close()
    async def handle(r, w):
        w.write((await r.readline()).upper()); await w.drain(); w.close(); await w.wait_closed()
    with tempfile.TemporaryDirectory() as folder:
        server = await asyncio.start_unix_server(handle, os.path.join(folder, "s"))
        r, w = await asyncio.open_unix_connection(os.path.join(folder, "s")); w.write(b"abc\\n")
        print(await r.read()); w.close(); server.close(); await server.wait_closed()
    a, b = socket.socketpair(); a.setblocking(0); b.setblocking(0)
    task = asyncio.ensure_future(loop.sock_recv(a, 100)); await asyncio.sleep(0.01)
    await loop.sock_sendall(b, b"low"); print(await task); a.close(); b.close()
    words = (sys.executable, "-Sc", "print(1)")
    child = await asyncio.create_subprocess_exec(*words, stdout=-1)
    print((await child.communicate())[0])
    try: await asyncio.wait_for(asyncio.open_connection("127.0.0.1", 1), 1)
    except OSError as e: print(e)
asyncio.run(main())
""",
    "web": """
import http.client, http.server, threading, urllib.request, xmlrpc.client, xmlrpc.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers()
        self.wfile.write(b"ok")
    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"])); self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
        self.wfile.write(b"%x\\r\\n%s\\r\\n0\\r\\n\\r\\n" % (len(data), data))
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
t = threading.Thread(target=server.serve_forever, args=(0.02,)); t.start()
c = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
for i in range(2):
    c.request("GET", "/"); c.getresponse().read()
c.request("POST", "/", b"d" * 3000); print(len(c.getresponse().read())); c.close()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
url = "http://127.0.0.1:%d/" % server.server_port; print(opener.open(url, timeout=5).read())
server.shutdown(); t.join(); server.server_close()
r = xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
r.register_function(pow); t = threading.Thread(target=r.handle_request); t.start()
url = "http://127.0.0.1:%d" % r.server_address[1]
with xmlrpc.client.ServerProxy(url) as proxy: print(proxy.pow(2, 9))
t.join(); r.server_close()
""",
    "servers": """
import socket, socketserver
class Upper(socketserver.BaseRequestHandler):
    def handle(self):
        if isinstance(self.request, tuple):
            self.request[1].sendto(self.request[0].upper(), self.client_address)
        else: self.request.sendall(self.request.recv(100).upper())
def run(server, kind):
    with server:
        c = socket.socket(server.address_family, kind)
        if kind == socket.SOCK_DGRAM: c.sendto(b"udp", server.server_address)
        else:
            c.connect(server.server_address); c.sendall(b"tcp")
        server.handle_request(); print(c.recv(100)); c.close()
run(socketserver.ForkingTCPServer(("127.0.0.1", 0), Upper), socket.SOCK_STREAM)
run(socketserver.ThreadingUDPServer(("127.0.0.1", 0), Upper), socket.SOCK_DGRAM)
class Six(socketserver.TCPServer):
    address_family = socket.AF_INET6; allow_reuse_address = True
run(Six(("::1", 0), Upper), socket.SOCK_STREAM); t = Six(("::1", 0), Upper); t.timeout = 0.02
t.handle_request(); t.server_close()
""",
    "events": """
import select, selectors, socket, threading; a, b = socket.socketpair()
c, d = socket.socketpair(); e = select.epoll()
e.register(a.fileno(), select.EPOLLIN | select.EPOLLET)
e.register(b, select.EPOLLOUT | select.EPOLLONESHOT); print(e.poll(1))
e.modify(b, select.EPOLLOUT | select.EPOLLONESHOT); b.send(b"x")
print(e.poll(timeout=1, maxevents=1)); print(e.poll(0.01))
try: e.register(a)
except FileExistsError as x: print(x)
try: e.unregister(c)
except FileNotFoundError as x: print(x)
f = select.epoll.fromfd(e.fileno()); print(f.poll(0)); e.close()
print(select.select([a, c], [b], [], None)); print(select.select([c], [], [], 0.01))
print(select.select([], [], [a], 0)); p = select.poll(); p.register(c.fileno())
p.register(d, select.POLLIN | select.POLLPRI); d.close(); print(p.poll()); p = select.poll()
p.register(c, select.POLLIN); c.close(); print(p.poll(0)); print(select.poll().poll(1))
try: select.select([c], [], [])
except ValueError as x: print(x)
for kind in (selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector):
    with kind() as s:
        s.register(a, selectors.EVENT_READ | selectors.EVENT_WRITE, 1); print(s.select(0))
        s.modify(a, selectors.EVENT_READ); s.select(0.005); s.unregister(a)
a.close(); b.close()
""",
    "ends": """
import socket, struct, threading, time; srv = socket.create_server(("127.0.0.1", 0))
def pair():
    c = socket.create_connection(srv.getsockname()); s, _ = srv.accept(); return (c, s)
def tried(act, *args):
    try: print(act(*args))
    except OSError as error: print(error)
c, s = pair(); c.shutdown(socket.SHUT_WR); s.recv(1); s.sendall(b"late")
s.shutdown(socket.SHUT_RDWR); c.recv(10); c.recv(1); c.close(); s.close(); c, s = pair()
c.shutdown(socket.SHUT_RD); s.send(b"x"); tried(c.recv, 1); tried(c.shutdown, socket.SHUT_RDWR)
tried(c.send, b"x"); s.close(); c.close(); c, s = pair()
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); c.close()
time.sleep(0.01); tried(s.recv, 1); tried(s.send, b"x"); tried(s.getpeername); s.close()
c, s = pair(); s.send(b"unread"); c.recv(1); c.close(); time.sleep(0.01); tried(s.recv, 5)
tried(s.recv, 5); s.close(); c, s = pair(); s.close(); c.send(b"one"); time.sleep(0.01)
tried(c.send, b"two"); tried(c.recv, 1); c.close(); c, s = pair(); s.send(b"!", socket.MSG_OOB)
c.recv(1, socket.MSG_OOB); c.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
s.sendall(b"peek"); c.recv(4, socket.MSG_PEEK); c.recv(4, socket.MSG_WAITALL); c.close()
s.close(); srv.close()
""",
    "children": """
import os, socket, subprocess, sys; a, b = socket.socketpair(); b.set_inheritable(True)
code = "import socket; s = socket.socket(fileno=%d); s.send(s.recv(9)); s.close()" % b.fileno()
words = [sys.executable, "-c", code]; child = subprocess.Popen(words, pass_fds=[b.fileno()])
b.close(); a.sendall(b"hello"); print(a.recv(100)); child.wait(); a.close()
""",
    "processes": """
import multiprocessing as mp, socket; from multiprocessing.connection import Client, Listener
def work(conn, n):
    conn.send([n] * 3); print(conn.recv()); conn.close()
def call(address):
    with Client(address, authkey=b"key") as c:
        c.send("hello"); print(c.recv())
def use(sock):
    sock.sendall(b"from another process"); sock.close()
if __name__ == "__main__":
    ctx = mp.get_context("fork"); a, b = ctx.Pipe()
    p = ctx.Process(target=work, args=(b, 7)); p.start(); b.close(); print(a.recv())
    a.send("back"); p.join(); a.close()
    with Listener(("127.0.0.1", 0), authkey=b"key") as l:
        p = ctx.Process(target=call, args=(l.address,)); p.start()
        with l.accept() as c: c.send(c.recv() + " there")
        p.join()
    x, y = socket.socketpair(); p = ctx.Process(target=use, args=(y,))
    p.start(); y.close(); print(x.recv(100)); p.join(); x.close()
""",
    "os functions": """
import os, socket; a, b = socket.socketpair(); os.write(a.fileno(), b"by write")
print(os.read(b.fileno(), 100)); n = os.dup(a.fileno()); os.write(n, memoryview(b"dup"))
os.read(b.fileno(), 2); os.close(n); m = os.dup2(b.fileno(), 9); os.read(9, 10); os.close(9)
k = os.dup2(b.fileno(), 9, inheritable=False); d = a.detach(); os.close(d); print(os.read(9, 1))
os.close(9)
try: os.read(9, 1)
except OSError as e: print(e)
b.setblocking(False); b.setblocking(True)
try: os.write(b.fileno(), b"x")
except OSError as e: print(e)
r, w = os.pipe(); os.write(w, b"no socket"); os.read(r, 5); os.close(r); os.close(w); b.close()
""",
    "ancillary": """
import socket, struct, time
def switch_on(s, level, *numbers):
    for n in numbers: s.setsockopt(level, n, 1)
a = socket.socket(type=socket.SOCK_DGRAM); a.bind(("127.0.0.1", 0)); a.settimeout(1)
switch_on(a, socket.SOL_SOCKET, 35); a.setsockopt(socket.SOL_SOCKET, 37, 0x11)
switch_on(a, socket.IPPROTO_IP, socket.IP_PKTINFO, socket.IP_RECVTOS, socket.IP_RECVTTL, 20)
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
b.sendto(b"x", a.getsockname()); print(len(a.recvmsg(100, 1000)[1]))
switch_on(a, socket.SOL_SOCKET, 29); b.sendto(b"xyz", a.getsockname()); a.recvmsg(2, 1000)
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::1", 0))
switch_on(s, socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, socket.IPV6_RECVHOPLIMIT)
t = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
hops = (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("i", 3))
t.sendmsg([b"six"], [hops], 0, s.getsockname()); print(s.recvmsg(100, 1000)[1])
e = socket.socket(type=socket.SOCK_DGRAM); free = ("127.0.0.1", b.getsockname()[1]); b.close()
e.setsockopt(socket.IPPROTO_IP, 11, 1); e.connect(free); e.send(b"?"); time.sleep(0.01)
print(e.recvmsg(100, 1000, socket.MSG_ERRQUEUE)[1])
n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE); n.bind((0, 0))
for each in a, s, t, e, n: each.close()
""",
    "inherited": """
import os, socket, subprocess, sys; a, b = socket.socketpair()
code = '''import os, select, sys
fd = int(sys.argv[1]); os.set_blocking(fd, False); select.select([fd], [], [], 5)
os.write(fd, os.read(fd, 5).upper()); p = select.poll(); p.register(fd, select.POLLIN)
p.poll(5000); n = os.dup(fd); os.write(n, os.read(n, 100)); os.get_inheritable(n)
os.get_blocking(n); os.close(n); os.close(fd); os.read(0, 9)'''
fd = b.fileno(); words = [sys.executable, "-c", code, str(fd)]
child = subprocess.Popen(words, pass_fds=[fd], stdin=subprocess.DEVNULL)
b.close(); a.sendall(b"hello"); print(a.recv(5)); a.sendall(b"more"); print(a.recv(10), a.recv(1))
child.wait(); a.close()
""",
    "passed on": """
import os, socket; a, b = socket.socketpair(); x, y = socket.socketpair(); r, w = os.pipe()
socket.send_fds(a, [b"f"], [x.fileno(), r, w]); x.close(); fds = socket.recv_fds(b, 5, 4)[1]
os.write(fds[0], b"through a copy"); print(y.recv(20)); y.send(b"back"); os.read(fds[0], 9)
os.write(fds[2], b"pipe"); os.read(fds[1], 9); [os.close(fd) for fd in [*fds, r, w]]
y.recv(1); n = y.detach(); os.dup2(a.fileno(), n); os.write(n, b"a's now"); b.recv(9); os.close(n)
r, w = os.pipe(); os.write(w, b"no socket"); os.read(r, 9); a.close(); b.close()
""",
    "control": """
import array, fcntl, os, socket, struct, termios
a, b = socket.socketpair(); flags = fcntl.fcntl(a, fcntl.F_GETFL)
fcntl.fcntl(a.fileno(), fcntl.F_SETFL, flags | os.O_NONBLOCK); fcntl.fcntl(a, fcntl.F_SETFD, 0)
fcntl.fcntl(a, fcntl.F_GETFD); fcntl.fcntl(a, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
n = fcntl.fcntl(a, getattr(fcntl, "F_DUPFD_CLOEXEC", 1030), 40); os.write(n, b"12345"); os.close(n)
os.close(fcntl.fcntl(a, fcntl.F_DUPFD, 50)); found = array.array("i", [0])
fcntl.ioctl(b, termios.FIONREAD, found); print(found[0], fcntl.ioctl(b, termios.FIONREAD, b"1234"))
fcntl.ioctl(a, termios.TIOCOUTQ, found); s = socket.socket(type=socket.SOCK_DGRAM)
for request in (0x8913, 0x8915, 0x891B, 0x8921, 0x8927, 0x8933):
    fcntl.ioctl(s, request, struct.pack("16s24x", b"lo"))
try: fcntl.ioctl(s, 0x8915, struct.pack("16s24x", b"none9"))
except OSError as e: print(e)
r, w = os.pipe(); fcntl.fcntl(r, fcntl.F_GETFL); [s.close() for s in (a, b, s)]
""",
    "vectors": """
import os, socket, select, struct; a, b = socket.socketpair()
vectors = hasattr(os, "writev")  # PyPy has none
if vectors: os.writev(a.fileno(), [b"v1", b"v2"])
room = [bytearray(3), bytearray(9)]; print(vectors and os.readv(b.fileno(), room), room)
b.setblocking(False)
try: os.readv(b.fileno(), room) if vectors else b.recv(9)
except OSError as e: print(e)
p = select.poll(); p.register(b, select.POLLIN | 0x2000); a.close(); print(p.poll(1000))
print(vectors and os.readv(b.fileno(), room)); b.close()
c = socket.socket(type=socket.SOCK_DGRAM); c.bind(("127.0.0.1", 0)); c.connect(c.getsockname())
tos = (socket.IPPROTO_IP, socket.IP_TOS)
ttl = (socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", 9))
c.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
c.sendmsg([b"x"], [(*tos, struct.pack("i", 8)), ttl]); c.recvmsg(9, 99)
for message in ((socket.IPPROTO_UDP, 103, b"12"), (socket.SOL_SOCKET, 77, b""), (0, 77, b"abcd")):
    try: c.sendmsg([b"y"], [message])
    except OSError as e: print(e)
print(select.select([], [], [c], 0)); c.close()
""",
}
