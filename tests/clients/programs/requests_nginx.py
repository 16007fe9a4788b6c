"""requests: HTTP and HTTPS of nginx, sessions, uploads, certificate errors, timeouts."""

SERVERS = ("nginx",)
CI = True

import requests
from _common import HOST, certificate, check, details, fails, port_of

here, _ = certificate()
plain = f"http://{HOST}:{port_of('nginx')}"
https = f"https://localhost:{port_of('nginx', 'tls')}"

check()
print(requests.get(f"{plain}/hello", timeout=30).text)
with requests.Session() as session:
    session.verify = here
    for _ in range(3):
        answer = session.get(f"{https}/redirect", timeout=30)
        print(answer.status_code, answer.text, len(answer.history))
    large = session.get(f"{https}/large", timeout=30).content
    print(len(large), large == bytes(range(256)) * 8192)
    with session.get(f"{https}/large", stream=True, timeout=30) as answer:
        print(sum(len(chunk) for chunk in answer.iter_content(5000)))
    print(session.post(f"{https}/upload", data=bytes(2_000_000), timeout=30).text)


def kind(error: str) -> str:
    """Without the address of an object, and the port."""
    for name in ("port", "tls", "elsewhere"):
        error = error.replace(details("nginx")[name], "PORT")
    return " ".join("0x…" if "0x" in word else word for word in error.split())


print(kind(fails(requests.get, f"{https}/hello", timeout=30)))
elsewhere = f"https://localhost:{port_of('nginx', 'elsewhere')}"
print(kind(fails(requests.get, elsewhere, verify=certificate("elsewhere")[0], timeout=30)))
print(kind(fails(requests.get, f"https://{HOST}:{port_of('nginx')}", timeout=30)))
print(kind(fails(session.get, f"{https}/slow", timeout=0.3)))
print(kind(fails(session.get, f"{plain}/slow", timeout=0.3)))
print(kind(fails(requests.get, f"http://{HOST}:1/", timeout=30)))
