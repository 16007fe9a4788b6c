"""websockets: servers and clients of asyncio and of threads, with and without TLS."""

import asyncio
import ssl
import threading

import websockets.asyncio.client
import websockets.asyncio.server
import websockets.sync.client
import websockets.sync.server
from _common import HOST, certificate, check, fails

check()
trusting = ssl.create_default_context(cafile=certificate()[0])
keeping = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
keeping.load_cert_chain(*certificate())
MESSAGES = ("text", b"bytes", "large " * 100_000)


async def together() -> None:
    async def echo(connection) -> None:
        async for message in connection:
            await connection.send(message)

    for server_tls, client_tls in ((None, None), (keeping, trusting)):
        async with websockets.asyncio.server.serve(echo, HOST, 0, ssl=server_tls) as server:
            port = server.sockets[0].getsockname()[1]
            url = f"{'wss' if client_tls else 'ws'}://localhost:{port}"
            async with websockets.asyncio.client.connect(url, ssl=client_tls) as client:
                for message in MESSAGES:
                    await client.send(message)
                    print(len(await client.recv()))
                print(await (await client.ping()) >= 0)
            print(client.close_code)


def in_threads() -> None:
    def echo(connection) -> None:
        for message in connection:
            connection.send(message)

    for server_tls, client_tls in ((None, None), (keeping, trusting)):
        with websockets.sync.server.serve(echo, HOST, 0, ssl=server_tls) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            port = server.socket.getsockname()[1]
            url = f"{'wss' if client_tls else 'ws'}://localhost:{port}"
            with websockets.sync.client.connect(url, ssl=client_tls) as client:
                for message in MESSAGES:
                    client.send(message)
                    print(len(client.recv(timeout=30)))
                print(fails(client.recv, timeout=0.05))
            print(client.close_code)
            server.shutdown()
            thread.join(30)


asyncio.run(together())
in_threads()
print(fails(websockets.sync.client.connect, f"ws://{HOST}:1"))
