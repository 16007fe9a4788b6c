"""Whole messages out of a TCP connection by AF_KCM: the kernel takes them apart.

Linux with the module kcm, and the rights to load a BPF program, which says how long a message is:
here the first two bytes do, in network byte order, and they stay a part of it.
"""

import ctypes
import fcntl
import os
import platform
import struct

import pysock as socket

PROGRAM = [  # what runs on each message's first bytes, and answers with the message's length
    (0xBF, 0x16, 0, 0),  # r6 = r1, the message
    (0x28, 0, 0, 0),  # r0 = its first two bytes
    (0x07, 0x00, 0, 2),  # r0 += 2
    (0x95, 0, 0, 0),  # return r0
]


def load(instructions):
    """BPF_PROG_LOAD of bpf(2), which has no function in the C library: a socket filter."""
    number = {"x86_64": 321, "s390x": 351}.get(platform.machine(), 280)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=BBhi", *i) for i in instructions))
    licence = ctypes.create_string_buffer(b"GPL")
    at = [ctypes.addressof(code), ctypes.addressof(licence)]
    room = ctypes.create_string_buffer(struct.pack("=IIQQ", 1, len(instructions), *at), 72)
    program = ctypes.CDLL(None, use_errno=True).syscall(number, 5, room, ctypes.sizeof(room))
    if program < 0:
        raise OSError(ctypes.get_errno(), "bpf(2): no program can be loaded")
    return program


def message(text):
    return struct.pack(">H", len(text)) + text


def attach(kcm, connection, program):
    fcntl.ioctl(kcm, socket.SIOCKCMATTACH, struct.pack("ii", connection.fileno(), program))


def main():
    kind = socket.SOCK_DGRAM
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        connection, _ = listener.accept()
    with client, connection, socket.socket(socket.AF_KCM, kind, socket.KCMPROTO_CONNECTED) as kcm:
        program = load(PROGRAM)
        attach(kcm, connection, program)
        os.close(program)
        client.sendall(message(b"one") + message(b"two")[:3])  # a message, and a part of the next
        print("Received", kcm.recv(100), flush=True)
        client.sendall(message(b"two")[3:])
        print("Received", kcm.recv(100), flush=True)
        kcm.send(message(b"and back"))
        print("The client has", client.recv(100))


if __name__ == "__main__":
    main()
