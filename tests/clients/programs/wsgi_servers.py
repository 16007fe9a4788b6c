"""flask, waitress and cheroot: each serves an application, cheroot with TLS too."""

import ssl
import threading

import waitress
from _common import HOST, ask, certificate, check, free_port, wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server
from flask import Flask, request
from werkzeug.serving import make_server

check()
app = Flask("_common")


@app.route("/<path:path>", methods=["GET", "POST"])
def route(path: str) -> bytes:
    check()
    sent = request.get_data()
    return f"{request.method} {request.path} {len(sent)}\n".encode() + sent


with make_server(HOST, 0, app, threaded=True) as flask:
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    thread = threading.Thread(target=flask.serve_forever)
    thread.start()
    print("flask")
    ask(flask.port)
    flask.shutdown()
    thread.join(30)

server = waitress.create_server(wsgi, host=HOST, port=0)
thread = threading.Thread(target=server.run)
thread.start()
print("waitress")
ask(server.effective_port)
server.close()
thread.join(30)

trusting = ssl.create_default_context(cafile=certificate()[0])
for tls in (None, trusting):
    print("cheroot")
    cheroot = Server((HOST, free_port()), wsgi, timeout=20)
    if tls:
        cheroot.ssl_adapter = BuiltinSSLAdapter(*certificate())
    cheroot.prepare()
    thread = threading.Thread(target=cheroot.serve)
    thread.start()
    ask(cheroot.bind_addr[1], tls=tls)
    cheroot.stop()
    thread.join(30)
