"""gunicorn: two gevent workers, requests at a time, a reload, a graceful end."""

CI = True
NEEDS = ("gevent",)

import os
import signal
import time

from _common import HOST, ask, check, free_port, server

check()
port = free_port()
options = ["--workers=2", "--worker-class=gevent", "--threads=4", "--log-level=warning"]
options += [f"--bind={HOST}:{port}", "_common:wsgi"]
with server("-m", "gunicorn", *options, port=port) as process:
    ask(port)
    os.kill(process.pid, signal.SIGHUP)  # new workers
    time.sleep(2)
    ask(port)
print("status", process.returncode)
