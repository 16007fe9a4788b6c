"""pip: installs a wheel from an index that nginx serves, by HTTPS; certificate errors."""

SERVERS = ("nginx",)

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

from _common import certificate, check, details, port_of

check()
files = details("nginx")["files"]
name = "only_here-1.0-py3-none-any.whl"
index = os.path.join(files, "simple", "only-here")
os.makedirs(index, exist_ok=True)
with zipfile.ZipFile(os.path.join(index, name), "w") as wheel:
    wheel.writestr("only_here.py", "print('installed')\n")
    folder = "only_here-1.0.dist-info"
    wheel.writestr(f"{folder}/METADATA", "Metadata-Version: 2.1\nName: only-here\nVersion: 1.0\n")
    tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    wheel.writestr(f"{folder}/WHEEL", tag)
    wheel.writestr(f"{folder}/RECORD", "")
with open(os.path.join(index, "index.html"), "w") as page:
    page.write(f'<a href="{name}">{name}</a>')

url = f"https://localhost:{port_of('nginx', 'tls')}/simple/"
environment = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
for cert in certificate()[0], certificate("elsewhere")[0]:
    with tempfile.TemporaryDirectory() as target:
        pip = ["-m", "pip", "--isolated", "--no-cache-dir", "--disable-pip-version-check"]
        pip += ["--retries=0", "--cert", cert, "install", "--no-deps", "--index-url", url]
        done = subprocess.run(
            [sys.executable, *pip, "--target", target, "only-here"],
            env=environment,
            capture_output=True,
            text=True,
        )
        said = (done.stdout + done.stderr).replace(details("nginx")["tls"], "PORT")
        print(done.returncode, [line for line in said.splitlines() if "only-here" in line][-1])
        print("CERTIFICATE_VERIFY_FAILED" in said, sorted(os.listdir(target)))
shutil.rmtree(os.path.join(files, "simple"))
