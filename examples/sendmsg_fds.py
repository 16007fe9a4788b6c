"""The same with sendmsg() and recvmsg(): what send_fds.py's two calls are made of."""

import array
import os

import pysock as socket


def recv_fds(sock, msglen, maxfds):
    fds = array.array("i")   # Array of ints
    msg, ancdata, flags, addr = sock.recvmsg(msglen, socket.CMSG_LEN(maxfds * fds.itemsize))
    for cmsg_level, cmsg_type, cmsg_data in ancdata:
        if cmsg_level == socket.SOL_SOCKET and cmsg_type == socket.SCM_RIGHTS:
            # Append data, ignoring any truncated integers at the end.
            fds.frombytes(cmsg_data[:len(cmsg_data) - (len(cmsg_data) % fds.itemsize)])
    return msg, list(fds)


def send_fds(sock, msg, fds):
    return sock.sendmsg([msg], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])


parent, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
pid = os.fork()
if pid == 0:
    msg, fds = recv_fds(child, 1024, 1)
    os.write(fds[0], b'Hello from the child, which was told: ' + msg)
    os._exit(0)

reader, writer = os.pipe()
send_fds(parent, b'write here', [writer])
os.close(writer)
with open(reader, 'rb') as pipe:
    print('Received', repr(pipe.read()))
os.waitpid(pid, 0)
parent.close()
child.close()
