"""trio and anyio: TCP, TLS, UDP, Unix sockets, timeouts, sockets of the program's own."""

import socket
import ssl

import anyio
import trio
from _common import HOST, certificate, check

check()
trusting = ssl.create_default_context(cafile=certificate()[0])
keeping = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
keeping.load_cert_chain(*certificate())


async def with_trio() -> None:
    async def echo(stream) -> None:
        async for data in stream:
            await stream.send_all(data)

    async with trio.open_nursery() as nursery:
        for tls in (None, trusting):
            if tls is None:
                (listener,) = await trio.open_tcp_listeners(0, host=HOST)
                port = listener.socket.getsockname()[1]
            else:
                (listener,) = await trio.open_ssl_over_tcp_listeners(0, keeping, host=HOST)
                port = listener.transport_listener.socket.getsockname()[1]
            nursery.start_soon(trio.serve_listeners, echo, [listener])
            if tls is None:
                stream = await trio.open_tcp_stream(HOST, port)
            else:
                stream = await trio.open_ssl_over_tcp_stream("localhost", port, ssl_context=tls)
            async with stream:
                nursery.start_soon(stream.send_all, bytes(1_000_000))
                received = 0
                while received < 1_000_000:
                    received += len(await stream.receive_some())
                print(received)
                with trio.move_on_after(0.05) as scope:
                    await stream.receive_some()
                print(scope.cancelled_caught)
        nursery.cancel_scope.cancel()
    with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        await one.bind((HOST, 0))
        two = trio.socket.from_stdlib_socket(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        with two:
            await two.sendto(b"datagram", one.getsockname())
            print((await one.recvfrom(100))[0])
    a, b = trio.socket.socketpair()
    with a, b:
        await a.sendmsg([b"mess", b"age"])
        print(await b.recvmsg(100), isinstance(a, trio.socket.SocketType))
    print(await trio.socket.getaddrinfo("localhost", 80, socket.AF_INET, socket.SOCK_STREAM))
    try:
        await trio.open_tcp_stream(HOST, 1)
    except OSError as error:
        print(error, repr(error.__cause__))


async def with_anyio() -> None:
    async def echo(stream) -> None:
        async with stream:
            try:
                while True:
                    await stream.send(await stream.receive())
            except anyio.EndOfStream:
                pass

    async with anyio.create_task_group() as group:
        listener = await anyio.create_tcp_listener(local_host=HOST)
        group.start_soon(listener.serve, echo)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with await anyio.connect_tcp(HOST, port) as stream:
            await stream.send(b"over TCP")
            print(await stream.receive())
            print(type(stream.extra(anyio.abc.SocketAttribute.raw_socket)).__module__.split(".")[0])
        unix = await anyio.create_unix_listener("anyio.sock")
        group.start_soon(unix.serve, echo)
        async with await anyio.connect_unix("anyio.sock") as stream:
            await stream.send(bytes(200_000))
            received = 0
            while received < 200_000:
                received += len(await stream.receive())
            print(received)
        group.cancel_scope.cancel()
    async with await anyio.create_udp_socket(socket.AF_INET, local_host=HOST) as one:
        async with await anyio.create_connected_udp_socket(
            HOST, one.extra(anyio.abc.SocketAttribute.local_port)
        ) as two:
            await two.send(b"datagram")
            print((await one.receive())[0])
    try:
        await anyio.connect_tcp(HOST, 1)
    except OSError as error:
        print(type(error).__name__, error)


trio.run(with_trio)
for backend in ("asyncio", "trio"):
    anyio.run(with_anyio, backend=backend)
