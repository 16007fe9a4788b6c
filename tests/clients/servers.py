"""Debian's servers on loopback, each in a temporary folder, with ports and a configuration of ours.

Nothing of the system's configuration is read or changed.  Where this is run as root, the servers
run as ``nobody``, since some refuse root; only sshd stays root, in a file system of its own.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from glob import glob
from pathlib import Path

START = 60  # seconds for a server to start
STOP = 15  # seconds for it to end
HOST = "127.0.0.1"
USER = "nobody"

Details = dict[str, str]


class Server:
    """How a server is found, prepared, started, and asked whether it is there."""

    def __init__(
        self,
        package: str,
        program: str,
        prepare: Callable[[str, Path, Certificates], tuple[list[str], Details]],
        *,
        as_root: bool = False,
    ) -> None:
        self.package, self.program, self.prepare = package, program, prepare
        self.as_root = as_root

    def find(self) -> str | None:
        """Where its program is, if the package is installed."""
        places = ("/usr/sbin", "/usr/bin", *sorted(glob("/usr/lib/postgresql/*/bin"), reverse=True))
        return shutil.which(self.program, path=os.pathsep.join(places))


class Servers:
    """Servers that have been started, until this context ends."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.running: dict[str, Details] = {}
        self.failed: dict[str, str] = {}

    def __enter__(self) -> Servers:
        folder = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="pysock-"))
        self.folder = Path(folder)
        self.folder.chmod(0o755)
        self.certificates = Certificates(self.folder / "certificates")
        return self

    def __exit__(self, *exception: object) -> None:
        self.stack.close()

    def start(self, name: str) -> str:
        """Start it unless it runs; nothing, or one line that says what is wanting."""
        if name not in self.running and name not in self.failed:
            server = SERVERS[name]
            program = server.find()
            if program is None:
                self.failed[name] = f"needs the Debian package {server.package}"
            elif shutil.which("openssl") is None:
                self.failed[name] = "needs the Debian package openssl"
            else:
                self._start(name, server, program)
        return self.failed.get(name, "")

    def _start(self, name: str, server: Server, program: str) -> None:
        folder = self.folder / name
        folder.mkdir()
        owner = None if server.as_root else lower_user()
        give_away(folder, owner)
        with open(self.folder / f"{name}.log", "w+") as log:
            try:
                command, details = server.prepare(program, folder, self.certificates)
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    user=owner,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
                self.stack.callback(end, process)
                wait_until_there(process, int(details["port"]))
            except (OSError, subprocess.CalledProcessError) as error:
                log.seek(0)
                said = getattr(error, "output", None) or log.read()
                self.failed[name] = f"{server.package} does not start: {error}\n{said}"
            else:
                self.running[name] = details

    def environment(self) -> dict[str, str]:
        """What the programs have to know: addresses, files."""
        details = {name.upper(): json.dumps(of) for name, of in self.running.items()}
        details["CERTIFICATES"] = json.dumps(self.certificates.details())
        return {f"CLIENTS_{name}": value for name, value in details.items()}


class Certificates:
    """A certificate for this host, one for another, and their keys, made on the spot."""

    NAMES = {"here": "DNS:localhost,IP:127.0.0.1", "elsewhere": "DNS:elsewhere.example"}

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def details(self) -> Details:
        if not self.folder.exists():
            self.folder.mkdir()
            for name, alternatives in self.NAMES.items():
                self._make(name, alternatives)
        files = {name: str(self.folder / f"{name}.pem") for name in self.NAMES}
        return {**files, **{f"{name}-key": str(self.folder / f"{name}.key") for name in self.NAMES}}

    def _make(self, name: str, alternatives: str) -> None:
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        command += f" -subj /CN={name} -addext subjectAltName={alternatives}"
        subprocess.run(
            [*command.split(), "-keyout", str(key), "-out", str(certificate)],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        key.chmod(0o600)
        # Its servers are one user, its programs another.
        give_away(key, lower_user())


def lower_user() -> str | None:
    """The user whom servers run as, if that is another than the one who runs this."""
    return USER if os.getuid() == 0 else None


def give_away(path: Path, user: str | None) -> None:
    if user is not None:
        shutil.chown(path, user)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as sock:
        return int(sock.getsockname()[1])


def wait_until_there(process: subprocess.Popen[bytes], port: int) -> None:
    """Return once something listens; an error if the process ends, or takes too long."""
    deadline = time.monotonic() + START
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            if process.poll() is not None:
                raise OSError(f"it ended with status {process.returncode}") from None
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server and what it has started: they have a session of their own."""
    process.terminate()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(command: list[str], folder: Path) -> None:
    subprocess.run(
        command,
        cwd=folder,
        user=lower_user(),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


# --- the servers ---------------------------------------------------------------------


def redis(program: str, folder: Path, certificates: Certificates) -> tuple[list[str], Details]:
    port, tls, files = free_port(), free_port(), certificates.details()
    path = str(folder / "redis.sock")
    command = f"{program} --bind {HOST} --port {port} --unixsocket {path} --unixsocketperm 777"
    command += f" --save {shlex.quote('')} --tls-port {tls} --tls-auth-clients no"
    command += f" --tls-cert-file {files['here']} --tls-key-file {files['here-key']}"
    command += f" --tls-ca-cert-file {files['here']}"
    return shlex.split(command), {"port": str(port), "tls": str(tls), "path": path}


def postgres(program: str, folder: Path, certificates: Certificates) -> tuple[list[str], Details]:
    port, files = free_port(), certificates.details()
    data = folder / "data"
    initdb = str(Path(program).with_name("initdb"))
    run([initdb, "-D", str(data), "-U", "client", "-A", "trust", "-E", "UTF8", "-N"], folder)
    command = [program, "-D", str(data), "-h", HOST, "-p", str(port), "-k", str(folder)]
    for option in ("ssl=on", f"ssl_cert_file={files['here']}", f"ssl_key_file={files['here-key']}"):
        command += ["-c", option]
    path = str(folder / f".s.PGSQL.{port}")
    return command, {"port": str(port), "path": path, "user": "client"}


def mariadb(program: str, folder: Path, certificates: Certificates) -> tuple[list[str], Details]:
    port, path, files = free_port(), str(folder / "mariadb.sock"), certificates.details()
    make = shutil.which("mariadb-install-db") or "mariadb-install-db"
    data = f"--datadir={folder}/data"
    run([make, "--no-defaults", data, "--auth-root-authentication-method=normal"], folder)
    command = [program, "--no-defaults", data, f"--bind-address={HOST}", f"--port={port}"]
    command += [f"--socket={path}", "--skip-log-bin", f"--ssl-cert={files['here']}"]
    command += [f"--ssl-key={files['here-key']}", f"--pid-file={folder}/pid"]
    return command, {"port": str(port), "path": path, "user": "root"}


def mosquitto(program: str, folder: Path, certificates: Certificates) -> tuple[list[str], Details]:
    port, tls, files = free_port(), free_port(), certificates.details()
    configuration = folder / "mosquitto.conf"
    configuration.write_text(
        f"allow_anonymous true\nlistener {port} {HOST}\nlistener {tls} {HOST}\n"
        f"certfile {files['here']}\nkeyfile {files['here-key']}\n"
    )
    return [program, "-c", str(configuration)], {"port": str(port), "tls": str(tls)}


NGINX = """\
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    root {folder}/files;
    autoindex on;
    server {{
        listen {host}:{port};
        listen {host}:{tls} ssl;
        listen unix:{folder}/nginx.sock;
        ssl_certificate {files[here]};
        ssl_certificate_key {files[here-key]};
        location /hello {{ return 200 "hello from nginx\\n"; }}
        location /redirect {{ return 302 /hello; }}
        location /slow {{ limit_rate 1000; alias {folder}/files/slow; }}
        location /upload {{
            proxy_pass http://unix:{folder}/nginx.sock:/hello;
            client_max_body_size 8m;
        }}
    }}
    server {{
        listen {host}:{elsewhere} ssl;
        ssl_certificate {files[elsewhere]};
        ssl_certificate_key {files[elsewhere-key]};
        location / {{ return 200 "not to be seen\\n"; }}
    }}
}}
"""


def nginx(program: str, folder: Path, certificates: Certificates) -> tuple[list[str], Details]:
    ports = {name: free_port() for name in ("port", "tls", "elsewhere")}
    (folder / "files").mkdir()
    (folder / "files/large").write_bytes(bytes(range(256)) * 8192)  # 2 MiB
    (folder / "files/slow").write_bytes(b"slow" * 1000)
    configuration = folder / "nginx.conf"
    files = certificates.details()
    configuration.write_text(NGINX.format(folder=folder, host=HOST, files=files, **ports))
    details = {name: str(port) for name, port in ports.items()}
    details.update(path=str(folder / "nginx.sock"), files=str(folder / "files"))
    return [program, "-e", "stderr", "-p", str(folder), "-c", str(configuration)], details


SSHD = """\
Port {port}
ListenAddress {host}
HostKey {folder}/host
AuthorizedKeysFile {folder}/client.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""


def sshd(program: str, folder: Path, certificates: Certificates) -> tuple[list[str], Details]:
    port = free_port()
    for name in ("host", "client"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
        )
    configuration = folder / "sshd.conf"
    configuration.write_text(SSHD.format(port=port, host=HOST, folder=folder))
    command = [program, "-D", "-e", "-f", str(configuration)]
    if os.getuid() == 0:  # it wants /run/sshd, which is made where nobody else sees it
        script = 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, "sh", *command]
    return command, {"port": str(port), "key": str(folder / "client"), "host": f"{folder}/host.pub"}


SERVERS = {
    "redis": Server("redis-server", "redis-server", redis),
    "postgres": Server("postgresql", "postgres", postgres),
    "mariadb": Server("mariadb-server", "mariadbd", mariadb),
    "mosquitto": Server("mosquitto", "mosquitto", mosquitto),
    "nginx": Server("nginx-light", "nginx", nginx),
    "sshd": Server("openssh-server", "sshd", sshd, as_root=True),
}
