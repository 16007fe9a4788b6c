"""aiosmtpd and smtplib: plain, STARTTLS, TLS from the start, a Unix socket, errors."""

import logging
import smtplib
import socket
import ssl

from _common import HOST, certificate, check, fails, free_port
from aiosmtpd.controller import Controller, UnixSocketController

check()
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
trusting = ssl.create_default_context(cafile=certificate()[0])
keeping = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
keeping.load_cert_chain(*certificate())


class Handler:
    def __init__(self) -> None:
        self.mails: list = []

    async def handle_DATA(self, server, session, envelope) -> str:
        check()
        encrypted = session.ssl is not None
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, len(envelope.content), encrypted))
        return "250 kept"


def send(client: smtplib.SMTP) -> None:
    print(client.ehlo()[0], client.sendmail("a@example", ["b@example"], b"Subject: x\r\n\r\ntext"))
    print(client.sendmail("a@example", ["b@example", "c@example"], b"x" * 900 + b"\r\n" * 1000))
    print(client.quit())


handler = Handler()
options = {"hostname": HOST, "server_hostname": "here"}
controller = Controller(handler, port=free_port(), **options)
controller.start()
with smtplib.SMTP(HOST, controller.port, timeout=30) as client:
    print(fails(client.starttls))
    send(client)
controller.stop()

controller = Controller(
    handler, port=free_port(), tls_context=keeping, require_starttls=True, **options
)
controller.start()
with smtplib.SMTP("localhost", controller.port, timeout=30) as client:
    print(fails(client.sendmail, "a@example", "b@example", "text"))
    print(client.starttls(context=trusting), client.sock.version(), client.sock.gettimeout())
    send(client)
with smtplib.SMTP("localhost", controller.port, timeout=30) as client:
    refused = fails(client.starttls, context=ssl.create_default_context())
    print(refused.partition(" (_ssl.c")[0])
with smtplib.SMTP(HOST, controller.port, timeout=30) as client:
    client.ehlo()
    client.sock.shutdown(socket.SHUT_RDWR)
    print(fails(client.noop))
controller.stop()

controller = Controller(handler, port=free_port(), ssl_context=keeping, **options)
try:
    controller.start()
except ssl.SSLError as error:  # it asks by a certificate that nobody knows
    print(error.reason)
with smtplib.SMTP_SSL("localhost", controller.port, context=trusting, timeout=30) as client:
    send(client)
controller.stop()

local = UnixSocketController(handler, unix_socket="smtp.sock", server_hostname="here")
local.start()
local.stop()
print(*handler.mails, sep="\n")
print(fails(smtplib.SMTP, HOST, 1))
