"""multiprocessing: sockets through pipes and queues, servers in children, managers, listeners."""

CI = True

import multiprocessing
import pickle
import socket
from multiprocessing import connection, managers

from _common import HOST, check, fails


def echo(pipe) -> None:
    """A child that is sent a listener, and sends back a connection."""
    check()
    with pipe.recv() as listener:
        accepted, _ = listener.accept()
    with accepted:
        accepted.sendall(accepted.recv(100).upper())
        pipe.send(accepted)
        assert pipe.recv() == "I have it"
    pipe.close()


def serve(listener) -> None:
    """A child that has got a listener as an argument."""
    check()
    with listener, listener.accept()[0] as accepted:
        accepted.sendall(b"from " + accepted.recv(100))


def answer(queue, back) -> None:
    check()
    with queue.get() as sock:
        sock.sendall(b"from the queue")
        back.put((type(sock).__name__, sock.family, sock.type, sock.gettimeout()))


class Manager(managers.BaseManager):
    """One that serves a dict."""


def double(number: int) -> int:
    check()
    return 2 * number


def main() -> None:
    check()
    print(fails(pickle.dumps, socket.socket()).replace("Socket", "socket"))
    for method in ("fork", "spawn", "forkserver"):
        print(method)
        context = multiprocessing.get_context(method)
        ours, theirs = context.Pipe()
        child = context.Process(target=echo, args=(theirs,))
        child.start()
        with socket.create_server((HOST, 0)) as listener:
            address = listener.getsockname()
            ours.send(listener)
        with socket.create_connection(address, timeout=60) as sock:
            sock.sendall(b"hello")
            print(sock.recv(100))
            with ours.recv() as accepted:
                ours.send("I have it")
                print(type(accepted).__name__, accepted.getpeername() == sock.getsockname())
                accepted.sendall(b"from the parent")
            print(sock.recv(100))
        child.join(60)
        print(child.exitcode)

        listener = socket.create_server((HOST, 0))
        child = context.Process(target=serve, args=(listener,))
        child.start()
        with socket.create_connection(listener.getsockname(), timeout=60) as sock:
            sock.sendall(b"an argument")
            print(sock.recv(100))
        child.join(60)
        listener.close()
        print(child.exitcode)

        queue, back = context.Queue(), context.Queue()
        child = context.Process(target=answer, args=(queue, back))
        child.start()
        a, b = socket.socketpair()
        b.settimeout(3)
        with a, b:
            queue.put(b)
            print(a.recv(100), back.get(timeout=60))
        child.join(60)
        print(child.exitcode)

        with context.Pool(2) as pool:
            print(pool.map(double, range(5)))
        with context.Manager() as manager:
            shared = manager.dict()
            shared["key"] = [1, 2]
            print(dict(shared))

    context = multiprocessing.get_context("fork")
    for family, address in (("AF_INET", (HOST, 0)), ("AF_UNIX", None)):
        with connection.Listener(address, family, authkey=b"key") as server:
            child = context.Process(target=client, args=(server.address,))
            child.start()
            with server.accept() as peer:
                print(peer.recv(), len(peer.recv_bytes()), connection.wait([peer], 0.01))
                peer.send("goodbye")
            child.join(60)
            print(child.exitcode)


def client(address) -> None:
    check()
    with connection.Client(address, authkey=b"key") as peer:
        peer.send({"a": 1})
        peer.send_bytes(bytes(100_000))
        assert peer.recv() == "goodbye"


if __name__ == "__main__":
    main()
