"""dnspython: UDP, TCP, TLS and asyncio, against a server of the program's own; timeouts."""

import asyncio
import socketserver
import ssl
import struct
import threading

import dns.asyncquery
import dns.message
import dns.query
import dns.resolver
import dns.rrset
from _common import HOST, certificate, check, fails

check()


def answer(wire: bytes) -> bytes:
    question = dns.message.from_wire(wire)
    response = dns.message.make_response(question)
    name = question.question[0].name
    if str(name) != "silent.":
        count = 200 if str(name) == "many." else 2
        addresses = [f"192.0.2.{number}" for number in range(1, count + 1)]
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "A", *addresses))
    try:
        return response.to_wire(max_size=512 if count == 200 else 65535)
    except dns.exception.TooBig:
        truncated = dns.message.make_response(question)
        truncated.flags |= dns.flags.TC
        return truncated.to_wire()


class Datagram(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, sock = self.request
        if b"\x06silent" not in wire:
            sock.sendto(answer(wire), self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while len(header := self.rfile.read(2)) == 2:
            wire = self.rfile.read(*struct.unpack("!H", header))
            question = dns.message.from_wire(wire)
            response = dns.message.make_response(question)
            addresses = [f"192.0.2.{number}" for number in range(1, 201)]
            name = question.question[0].name
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "A", *addresses))
            sent = response.to_wire()
            self.wfile.write(struct.pack("!H", len(sent)) + sent)


def serving(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class Secure(socketserver.ThreadingTCPServer):
    def get_request(self):
        sock, address = super().get_request()
        return keeping.wrap_socket(sock, server_side=True), address


keeping = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
keeping.load_cert_chain(*certificate())
tcp = socketserver.ThreadingTCPServer((HOST, 0), Stream)
port = serving(tcp)
udp = socketserver.ThreadingUDPServer((HOST, port), Datagram)
serving(udp)
secure = serving(Secure((HOST, 0), Stream))


def shown(response) -> tuple:
    return len(response.answer[0]), str(min(response.answer[0])), response.flags & dns.flags.TC


two, many, silent = (dns.message.make_query(name, "A") for name in ("two.", "many.", "silent."))
print(shown(dns.query.udp(two, HOST, 30, port)))
print(shown(dns.query.tcp(many, HOST, 30, port)))
response, over_tcp = dns.query.udp_with_fallback(many, HOST, 30, port)
print(shown(response), over_tcp)
print(fails(dns.query.udp, silent, HOST, 0.2, port).partition(" 0.")[0])
options = {"server_hostname": "localhost", "verify": certificate()[0]}
print(shown(dns.query.tls(many, HOST, 30, secure, **options)))
unknown = fails(dns.query.tls, many, HOST, 30, secure, server_hostname="localhost")
print(unknown.partition(" (_ssl.c")[0])
print(fails(dns.query.tcp, many, HOST, 30, 1))
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = [HOST], port
print(sorted(str(record) for record in resolver.resolve("two.", "A")))


async def together() -> None:
    queries = [dns.asyncquery.udp(two, HOST, 30, port) for _ in range(20)]
    print({shown(response) for response in await asyncio.gather(*queries)})
    print(shown(await dns.asyncquery.tcp(many, HOST, 30, port)))
    print(shown(await dns.asyncquery.tls(many, HOST, 30, secure, **options)))


asyncio.run(together())
