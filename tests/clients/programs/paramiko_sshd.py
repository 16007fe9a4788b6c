"""paramiko: commands, SFTP, forwarded ports through sshd, a server of its own."""

SERVERS = ("sshd", "nginx")

import base64
import getpass
import socket
import threading

import paramiko
from _common import HOST, check, details, fails, port_of

check()
known = details("sshd")
key = paramiko.Ed25519Key.from_private_key_file(known["key"])
with open(known["host"]) as file:
    _, host, *_ = file.read().split()
with paramiko.SSHClient() as client:
    name = f"[{HOST}]:{known['port']}"
    expected = paramiko.PKey.from_type_string("ssh-ed25519", base64.b64decode(host))
    client.get_host_keys().add(name, "ssh-ed25519", expected)
    client.connect(HOST, port_of("sshd"), getpass.getuser(), pkey=key, timeout=30)
    _, out, _ = client.exec_command("echo hello; exit 3")
    print(out.read(), out.channel.recv_exit_status())
    given, out, _ = client.exec_command("wc -c")
    given.write(bytes(500_000))
    given.channel.shutdown_write()
    print(out.read())
    with client.open_sftp() as sftp:
        with sftp.open("sftp.tmp", "wb") as remote:
            remote.write(bytes(300_000))
        print(sftp.stat("sftp.tmp").st_size, len(sftp.open("sftp.tmp").read()))
        sftp.remove("sftp.tmp")
        print(fails(sftp.stat, "sftp.tmp"))
    tunnel = client.get_transport().open_channel(
        "direct-tcpip", (HOST, port_of("nginx")), (HOST, 0)
    )
    tunnel.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
    print(tunnel.makefile("rb").read().partition(b"\r\n\r\n")[2])
other = paramiko.Ed25519Key.from_private_key_file(known["host"].removesuffix(".pub"))
with paramiko.SSHClient() as client:
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    where = (HOST, port_of("sshd"), getpass.getuser())
    print(fails(client.connect, *where, pkey=other, allow_agent=False, look_for_keys=False))
    print(fails(client.connect, HOST, 1))


class Server(paramiko.ServerInterface):
    def check_auth_password(self, name: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL if password == "secret" else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, number: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command: bytes) -> bool:
        threading.Thread(target=answer, args=(channel, command)).start()
        return True


def answer(channel, command: bytes) -> None:
    sent = channel.recv(100)  # which comes after the client knows that its request is granted
    channel.sendall(command.upper() + sent)
    channel.send_exit_status(7)
    channel.close()


def serve(listener) -> None:
    for _ in range(2):
        accepted, _ = listener.accept()
        transport = paramiko.Transport(accepted)
        transport.add_server_key(other)
        transport.start_server(server=Server())


with socket.create_server((HOST, 0)) as listener:
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    for password in ("secret", "wrong"):
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            port = listener.getsockname()[1]
            options = {"allow_agent": False, "look_for_keys": False, "password": password}
            if password == "wrong":
                print(fails(client.connect, HOST, port, "name", **options))
                continue
            client.connect(HOST, port, "name", **options)
            given, out, _ = client.exec_command("a command")
            given.write(b" with input")
            given.flush()
            print(out.read(), out.channel.recv_exit_status())
    thread.join(30)
