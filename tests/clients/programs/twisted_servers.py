"""twisted: TCP, UDP, Unix sockets and TLS, HTTP, a resolver."""

NEEDS = ("twisted",)

import io

from _common import HOST, certificate, check
from twisted.internet import defer, endpoints, protocol, ssl, task
from twisted.internet.error import ConnectionRefusedError
from twisted.web import client, server
from twisted.web.resource import Resource

check()


class Page(Resource):
    isLeaf = True

    def render_POST(self, request) -> bytes:
        check()
        return f"{request.path.decode()} {len(request.content.read())}".encode()


class Upper(protocol.Protocol):
    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data.upper())


class Collect(protocol.Protocol):
    def __init__(self, wanted: int) -> None:
        self.wanted, self.received, self.done = wanted, b"", defer.Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        if len(self.received) >= self.wanted:
            self.done.callback(self.received)

    def connectionLost(self, reason) -> None:
        print("lost", reason.type.__name__)


class Datagrams(protocol.DatagramProtocol):
    def __init__(self) -> None:
        self.got = defer.Deferred()

    def datagramReceived(self, data: bytes, address) -> None:
        self.got.callback((data, address[0]))


async def main(reactor) -> None:
    with open(certificate()[0]) as one, open(certificate()[1]) as two:
        pair = ssl.PrivateCertificate.loadPEM(one.read() + two.read())
    trusting = ssl.optionsForClientTLS("localhost", ssl.Certificate(pair.original))
    for kind, where in (
        ("tcp", f"tcp:0:interface={HOST}"),
        ("unix", "unix:twisted.sock"),
        ("ssl", f"ssl:0:interface={HOST}:certKey={certificate()[0]}:privateKey={certificate()[1]}"),
    ):
        factory = protocol.Factory.forProtocol(Upper)
        port = await endpoints.serverFromString(reactor, where).listen(factory)
        if kind == "unix":
            endpoint = endpoints.clientFromString(reactor, "unix:twisted.sock")
        else:
            endpoint = endpoints.HostnameEndpoint(reactor, HOST, port.getHost().port)
        if kind == "ssl":
            endpoint = endpoints.wrapClientTLS(trusting, endpoint)
        for size in (10, 500_000):
            collect = await endpoints.connectProtocol(endpoint, Collect(size))
            collect.transport.write(b"x" * size)
            print(kind, len(await collect.done))
            collect.transport.loseConnection()
            await task.deferLater(reactor, 0.1, lambda: None)
        await port.stopListening()
    one, two = Datagrams(), Datagrams()
    first = reactor.listenUDP(0, one, interface=HOST)
    second = reactor.listenUDP(0, two, interface=HOST)
    two.transport.write(b"datagram", (HOST, first.getHost().port))
    print(await one.got)
    await first.stopListening()
    await second.stopListening()

    web = reactor.listenTCP(0, server.Site(Page()), interface=HOST)
    agent = client.Agent(reactor, pool=client.HTTPConnectionPool(reactor, persistent=False))
    url = f"http://{HOST}:{web.getHost().port}/page".encode()
    for size in (0, 300_000):
        producer = client.FileBodyProducer(io.BytesIO(bytes(size)))
        answer = await agent.request(b"POST", url, bodyProducer=producer)
        print(answer.code, await client.readBody(answer))
    await web.stopListening()
    print(await reactor.resolve("localhost"))
    try:
        await endpoints.TCP4ClientEndpoint(reactor, HOST, 1).connect(protocol.Factory())
    except ConnectionRefusedError as error:
        print(error)


task.react(lambda reactor: defer.ensureDeferred(main(reactor)))
