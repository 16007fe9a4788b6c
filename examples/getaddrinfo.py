"""The ways to a host by TCP, as ``getaddrinfo.py HOST`` prints them."""

import sys

import pysock as socket

host = sys.argv[1] if len(sys.argv) > 1 else "www.python.org"
for answer in socket.getaddrinfo(host, 80, proto=socket.IPPROTO_TCP):
    print(answer)
