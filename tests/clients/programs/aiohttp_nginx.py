"""aiohttp: a client of nginx, with TLS and a Unix socket; a server of its own, with websockets."""

SERVERS = ("nginx",)

import asyncio
import ssl

import aiohttp
from _common import HOST, certificate, check, details, port_of
from aiohttp import web

check()
trusting = ssl.create_default_context(cafile=certificate()[0])


async def as_client() -> None:
    https = f"https://localhost:{port_of('nginx', 'tls')}"
    async with aiohttp.ClientSession() as session:
        bodies = [fetch(session, f"{https}/hello", ssl=trusting) for _ in range(20)]
        print(set(await asyncio.gather(*bodies)))
        print(len(await fetch(session, f"{https}/large", ssl=trusting)))
        for url, options in (
            (f"{https}/slow", {"ssl": trusting, "timeout": aiohttp.ClientTimeout(total=0.3)}),
            (f"{https}/hello", {}),
            (f"http://{HOST}:1/", {}),
        ):
            try:
                await fetch(session, url, **options)
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                said = str(error).replace(details("nginx")["tls"], "PORT")
                print(type(error).__name__, said.partition("_ssl.c")[0])
    unix = aiohttp.UnixConnector(details("nginx")["path"])
    async with aiohttp.ClientSession(connector=unix) as session:
        print(await fetch(session, "http://nginx/hello"))


async def fetch(session, url, **options) -> bytes:
    async with session.get(url, **options) as answer:
        return await answer.read()


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data.upper())
    return socket


async def hello(request):
    return web.Response(text=f"hello {len(await request.read())}")


async def as_server() -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate())
    app = web.Application(client_max_size=10_000_000)
    app.add_routes([web.get("/socket", echo), web.post("/hello", hello)])
    runner = web.AppRunner(app)
    await runner.setup()
    for context in (None, server):
        site = web.TCPSite(runner, HOST, 0, ssl_context=context)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        url = f"{'https' if context else 'http'}://localhost:{port}"
        options = {"ssl": trusting} if context else {}
        connector = aiohttp.TCPConnector(family=2)
        async with aiohttp.ClientSession(connector=connector) as session:
            async with session.post(f"{url}/hello", data=bytes(5_000_000), **options) as answer:
                print(answer.status, await answer.text())
            async with session.ws_connect(f"{url}/socket", **options) as socket:
                for text in ("one", "two" * 50_000):
                    await socket.send_str(text)
                    print((await socket.receive_str())[:10])
        await site.stop()
    await runner.cleanup()


asyncio.run(as_client())
asyncio.run(as_server())
