"""urllib3: pools, chunks, retries, certificate errors, timeouts, pyOpenSSL in the place of ssl."""

SERVERS = ("nginx",)
CI = True

import urllib3
from _common import HOST, certificate, check, details, fails, port_of
from urllib3.contrib import pyopenssl

check()
here, _ = certificate()


def talk() -> None:
    with urllib3.HTTPSConnectionPool(
        "localhost", port_of("nginx", "tls"), maxsize=2, ca_certs=here, timeout=30, retries=False
    ) as pool:
        for _ in range(3):
            answer = pool.request("GET", "/hello")
            print(answer.status, answer.data, pool.num_connections)
        large = pool.request("GET", "/large", preload_content=False)
        print(sum(map(len, large.stream(10_000))))
        print(pool.request("POST", "/upload", body=bytes(3_000_000)).status)
        print(kind(fails(pool.request, "GET", "/slow", timeout=0.3)))
    with urllib3.PoolManager(retries=False) as manager:
        tls = f"https://localhost:{port_of('nginx', 'tls')}/hello"
        print(kind(fails(manager.request, "GET", tls)))
        print(kind(fails(manager.request, "GET", f"https://{HOST}:{port_of('nginx')}/hello")))
        print(kind(fails(manager.request, "GET", f"http://{HOST}:1/")))
    files = {"ca_certs": certificate("elsewhere")[0], "retries": False}
    with urllib3.HTTPSConnectionPool("localhost", port_of("nginx", "elsewhere"), **files) as pool:
        print(kind(fails(pool.request, "GET", "/")))


def kind(error: str) -> str:
    """Without ports, and the address of an object."""
    for name in ("port", "tls", "elsewhere"):
        error = error.replace(details("nginx")[name], "PORT")
    return " ".join("0x…" if "0x" in word else word for word in error.split())


talk()
pyopenssl.inject_into_urllib3()
talk()
pyopenssl.extract_from_urllib3()
