"""One socket that serves both IPv4 and IPv6, where the system can: ``create_server.py [port]``."""

import sys

import pysock as socket

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
addr = ("", PORT)  # all interfaces
if socket.has_dualstack_ipv6():
    s = socket.create_server(addr, family=socket.AF_INET6, dualstack_ipv6=True)
else:
    s = socket.create_server(addr)

# The documentation's program ends here; this one goes on to answer one client.
if PORT == 0:
    print('Listening on port', s.getsockname()[1], flush=True)
conn, addr = s.accept()
with s, conn:
    print('Connected by', addr)  # an IPv4 client shows as '::ffff:a.b.c.d'
    while data := conn.recv(1024):
        conn.sendall(data)
