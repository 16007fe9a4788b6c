"""uvicorn: asyncio's loop, two workers, TLS."""

CI = True

import ssl

from _common import HOST, ask, certificate, check, free_port, server

check()
trusting = ssl.create_default_context(cafile=certificate()[0])
keys = [f"--ssl-certfile={certificate()[0]}", f"--ssl-keyfile={certificate()[1]}"]
quiet = ["--log-level=error", "--loop=asyncio", "--http=h11"]
for workers, tls in (("1", None), ("2", None), ("1", trusting)):
    port = free_port()
    options = [*quiet, f"--host={HOST}", f"--port={port}", f"--workers={workers}"]
    with server(
        *("-m", "uvicorn", *options, *(keys if tls else []), "_common:asgi"), port=port
    ) as process:
        ask(port, tls=tls)
    print("workers", workers)
