"""tornado: an HTTP server with TLS, its client, websockets, streams of lines."""

import asyncio
import ssl

import tornado.httpclient
import tornado.httpserver
import tornado.iostream
import tornado.netutil
import tornado.tcpclient
import tornado.tcpserver
import tornado.web
import tornado.websocket
from _common import HOST, certificate, check

check()


class Hello(tornado.web.RequestHandler):
    def get(self) -> None:
        check()
        self.write("hello")

    def post(self) -> None:
        self.write(str(len(self.request.body)))


class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message) -> None:
        self.write_message(message[::-1])


class Lines(tornado.tcpserver.TCPServer):
    async def handle_stream(self, stream, address) -> None:
        try:
            while True:
                line = await stream.read_until(b"\n")
                await stream.write(line.upper())
        except tornado.iostream.StreamClosedError:
            print("closed")


async def main() -> None:
    trusting = ssl.create_default_context(cafile=certificate()[0])
    keeping = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    keeping.load_cert_chain(*certificate())
    app = tornado.web.Application([("/", Hello), ("/socket", Echo)])
    for context in (None, keeping):
        sockets = tornado.netutil.bind_sockets(0, HOST)
        server = tornado.httpserver.HTTPServer(app, ssl_options=context)
        server.add_sockets(sockets)
        url = f"{'https' if context else 'http'}://localhost:{sockets[0].getsockname()[1]}/"
        client = tornado.httpclient.AsyncHTTPClient(force_instance=True)
        options = {"ssl_options": trusting} if context else {}
        for answer in await asyncio.gather(*(client.fetch(url, **options) for _ in range(20))):
            print(answer.code, answer.body)
        answer = await client.fetch(url, method="POST", body=bytes(3_000_000), **options)
        print(answer.body)
        if context is None:
            socket = await tornado.websocket.websocket_connect(url.replace("http", "ws") + "socket")
            await socket.write_message("message")
            print(await socket.read_message())
            socket.close()
        else:
            try:
                await client.fetch(url)
            except ssl.SSLError as error:
                print(error.reason)
        server.stop()
        await server.close_all_connections()
        client.close()
    for context in (None, keeping):
        lines = Lines(ssl_options=context)
        sockets = tornado.netutil.bind_sockets(0, HOST)
        lines.add_sockets(sockets)
        stream = await tornado.tcpclient.TCPClient().connect(
            *("localhost", sockets[0].getsockname()[1]), ssl_options=trusting if context else None
        )
        for line in (b"a line\n", b"x" * 500_000 + b"\n"):
            await stream.write(line)
            print(len(await stream.read_until(b"\n")))
        stream.close()
        lines.stop()
        await asyncio.sleep(0.1)


asyncio.run(main())
