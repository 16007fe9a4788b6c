"""Frames by AF_XDP: sends back what arrives at an interface, past the kernel's own network stack.

Linux 5.9, with the rights to load a BPF program. `python xdp.py veth0 3` ends after three frames;
the interface is as before when the program ends. A frame lies in memory that is shared with the
kernel (the UMEM), and four rings say whose it is:

    FILL        free pieces for the kernel to receive into
    RX          what has arrived: place and length
    TX          what is to be sent: place and length
    COMPLETION  what has been sent, and is free again
"""

import ctypes
import mmap
import os
import platform
import select
import struct
import sys

import pysock as socket

QUEUE = 0
PIECES, SIZE = 64, 2048  # of the UMEM: how many pieces, and how many bytes each; both powers of 2
RINGS = [  # name, number in struct xdp_mmap_offsets, option, where it is mapped, format of an entry
    ("rx", 0, socket.XDP_RX_RING, socket.XDP_PGOFF_RX_RING, "QII"),
    ("tx", 1, socket.XDP_TX_RING, socket.XDP_PGOFF_TX_RING, "QII"),
    ("fr", 2, socket.XDP_UMEM_FILL_RING, socket.XDP_UMEM_PGOFF_FILL_RING, "Q"),
    ("cr", 3, socket.XDP_UMEM_COMPLETION_RING, socket.XDP_UMEM_PGOFF_COMPLETION_RING, "Q"),
]


class Ring:
    """A ring of entries: one side writes an entry, then `producer`; the other reads both."""

    def __init__(self, sock, number, option, at, format):
        sock.setsockopt(socket.SOL_XDP, option, PIECES)
        offsets = sock.getsockopt(socket.SOL_XDP, socket.XDP_MMAP_OFFSETS, 128)
        members = struct.unpack_from("=QQQ", offsets, 32 * number)  # of struct xdp_ring_offset
        self.producer_at, self.consumer_at, self.entries_at = members
        self.entry = struct.Struct("=" + format)
        size = self.entries_at + PIECES * self.entry.size
        self.memory = mmap.mmap(sock.fileno(), size, offset=at)

    def _number(self, at):
        return struct.unpack_from("I", self.memory, at)[0]

    def put(self, *entry):
        producer = self._number(self.producer_at)
        self.entry.pack_into(self.memory, self._place(producer), *entry)
        struct.pack_into("I", self.memory, self.producer_at, producer + 1 & 0xFFFFFFFF)

    def take(self):
        """The next entry, or None."""
        consumer = self._number(self.consumer_at)
        if consumer == self._number(self.producer_at):
            return None
        entry = self.entry.unpack_from(self.memory, self._place(consumer))
        struct.pack_into("I", self.memory, self.consumer_at, consumer + 1 & 0xFFFFFFFF)
        return entry

    def _place(self, number):
        return self.entries_at + number % PIECES * self.entry.size


def bpf(command, attributes):
    """bpf(2), which has no function in the C library."""
    number = {"x86_64": 321, "s390x": 351}.get(platform.machine(), 280)
    room = ctypes.create_string_buffer(attributes, max(len(attributes), 72))
    result = ctypes.CDLL(None, use_errno=True).syscall(number, command, room, ctypes.sizeof(room))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf(2), command {command}")
    return result


def redirect_to(sock, interface):
    """A program at the interface that gives the queue's frames to the socket; its descriptors."""
    # BPF_MAP_CREATE: BPF_MAP_TYPE_XSKMAP, keys and values of 4 bytes, from queues to sockets.
    sockets = bpf(0, struct.pack("=IIII", 17, 4, 4, QUEUE + 1))
    key, value = ctypes.c_uint32(QUEUE), ctypes.c_uint32(sock.fileno())
    at = [ctypes.addressof(key), ctypes.addressof(value)]
    bpf(2, struct.pack("=I4xQQQ", sockets, *at, 0))  # BPF_MAP_UPDATE_ELEM
    program = b"".join(
        struct.pack("=BBhi", *instruction)
        for instruction in (
            (0x61, 0x12, 16, 0),  # r2 = xdp_md->rx_queue_index
            (0x18, 0x11, 0, sockets),  # r1 = the map
            (0, 0, 0, 0),
            (0xB7, 0x03, 0, 2),  # r3 = XDP_PASS, for queues without a socket
            (0x85, 0, 0, 51),  # r0 = bpf_redirect_map(r1, r2, r3)
            (0x95, 0, 0, 0),  # return r0
        )
    )
    code, licence = ctypes.create_string_buffer(program), ctypes.create_string_buffer(b"GPL")
    at = [ctypes.addressof(code), ctypes.addressof(licence)]
    # BPF_PROG_LOAD: BPF_PROG_TYPE_XDP
    loaded = bpf(5, struct.pack("=IIQQ", 6, len(program) // 8, *at))
    # BPF_LINK_CREATE: BPF_XDP; the program leaves the interface when this descriptor is closed.
    index = socket.if_nametoindex(interface)
    link = bpf(28, struct.pack("=IIII", loaded, index, 37, socket.XDP_FLAGS_SKB_MODE))
    return sockets, loaded, link


def set_up(sock, umem):
    """Register the memory, make the rings, and let the kernel have all pieces."""
    start = ctypes.addressof(ctypes.c_char.from_buffer(umem))
    registration = struct.pack("=QQIIII", start, len(umem), SIZE, 0, 0, 0)
    sock.setsockopt(socket.SOL_XDP, socket.XDP_UMEM_REG, registration)
    rings = {name: Ring(sock, *where) for name, *where in RINGS}
    for piece in range(PIECES):
        rings["fr"].put(piece * SIZE)
    return rings


def echo(sock, umem, rings):
    """Send the next frame back to whom it came from."""
    waiting = select.poll()
    waiting.register(sock, select.POLLIN)
    while (frame := rings["rx"].take()) is None:
        waiting.poll()
    at, length, _ = frame
    data = umem[at : at + length]
    print("Received", data.hex(" "), flush=True)
    umem[at : at + 12] = data[6:12] + data[:6]
    rings["tx"].put(at, length, 0)
    sock.send(b"", socket.MSG_DONTWAIT)  # the kernel looks at the ring
    while (sent := rings["cr"].take()) is None:
        waiting.poll(1)
    rings["fr"].put(*sent)


def main(interface, count):
    umem = mmap.mmap(-1, PIECES * SIZE)
    with socket.socket(socket.AF_XDP, socket.SOCK_RAW) as sock:
        rings = set_up(sock, umem)
        sock.bind((interface, QUEUE, socket.XDP_COPY))
        descriptors = redirect_to(sock, interface)
        print("Ready on", interface, flush=True)
        for _ in range(count):
            echo(sock, umem, rings)
        for descriptor in reversed(descriptors):
            os.close(descriptor)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
