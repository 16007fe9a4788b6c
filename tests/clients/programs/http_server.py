"""http.server and http.client: as a command, threads, TLS that a listener is wrapped in."""

CI = True

import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

from _common import HOST, ask, certificate, check, free_port, server

check()
port = free_port()
with server("-m", "http.server", "--bind", HOST, str(port), port=port):
    import urllib.request

    print("here.pem" in urllib.request.urlopen(f"http://{HOST}:{port}/").read().decode())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        check()
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"{self.command} {self.path} {len(sent)}\n".encode() + sent
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        pass


trusting = ssl.create_default_context(cafile=certificate()[0])
keeping = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
keeping.load_cert_chain(*certificate())
for kind, tls in ((HTTPServer, None), (ThreadingHTTPServer, None), (ThreadingHTTPServer, trusting)):
    with kind((HOST, 0), Handler) as httpd:
        httpd.daemon_threads = False
        port = httpd.server_port
        if tls is not None:
            httpd.socket = keeping.wrap_socket(httpd.socket, server_side=True)
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        ask(port, tls=tls)
        httpd.shutdown()
        thread.join(30)
