"""pyftpdlib and ftplib: active, passive, TLS on both connections, sendfile, errors, timeouts."""

import ftplib
import io
import logging
import os
import ssl
import threading

from _common import HOST, certificate, check, fails
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer, ThreadedFTPServer

check()
logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)
logging.basicConfig(level=logging.CRITICAL)  # else it makes one of its own
trusting = ssl.create_default_context(cafile=certificate()[0])
os.makedirs("ftp", exist_ok=True)


class Secure(TLS_FTPHandler):
    certfile, keyfile = certificate()
    tls_control_required = tls_data_required = True


for kind, base, active in (
    (FTPServer, FTPHandler, False),
    (FTPServer, FTPHandler, True),
    (ThreadedFTPServer, FTPHandler, False),
    (FTPServer, Secure, False),
    (FTPServer, Secure, True),
):
    handler = type("Handler", (base,), {"authorizer": DummyAuthorizer(), "banner": "hello"})
    handler.authorizer.add_user("user", "secret", "ftp", perm="elradfmwMT")
    server = kind((HOST, 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"timeout": 0.1})
    thread.start()
    client = ftplib.FTP_TLS(context=trusting) if base is Secure else ftplib.FTP()
    print(kind.__name__, base.__name__, "active" if active else "passive")
    client.set_pasv(not active)
    print(client.connect(HOST, server.address[1], timeout=30))
    if base is Secure:
        print(client.auth())
    print(client.login("user", "secret"))
    if base is Secure:
        print(client.prot_p())
    print(client.storbinary("STOR file", io.BytesIO(bytes(1_000_000))))
    received: list[bytes] = []
    print(client.retrbinary("RETR file", received.append), sum(map(len, received)))
    lines: list[str] = []
    client.retrlines("NLST", lines.append)
    print(lines, client.voidcmd("TYPE I"), client.size("file"), client.delete("file"))
    print(fails(client.retrbinary, "RETR nothing", received.append))
    print(client.quit())
    server.close_all()
    thread.join(30)
print(fails(ftplib.FTP, f"{HOST}:1").partition("]")[0])
