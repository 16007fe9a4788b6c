"""Passing descriptors: a child process is handed a pipe and writes into it.

A descriptor is a number that means nothing in another process. Sent as ancillary data over a Unix
socket, the kernel gives the receiver a descriptor of its own for the same open file.
"""

import os

import pysock as socket

parent, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
pid = os.fork()
if pid == 0:
    msg, fds, flags, addr = socket.recv_fds(child, 1024, 1)
    os.write(fds[0], b'Hello from the child, which was told: ' + msg)
    os._exit(0)

reader, writer = os.pipe()
socket.send_fds(parent, [b'write here'], [writer])
os.close(writer)
with open(reader, 'rb') as pipe:
    print('Received', repr(pipe.read()))
os.waitpid(pid, 0)
parent.close()
child.close()
