"""httpx: HTTP and HTTPS, in order and by asyncio and trio, timeouts, errors, a Unix socket."""

SERVERS = ("nginx",)

import asyncio
import ssl

import httpx
import trio
from _common import HOST, certificate, check, details, fails, port_of

check()
trusting = ssl.create_default_context(cafile=certificate()[0])
https = f"https://localhost:{port_of('nginx', 'tls')}"
with httpx.Client(verify=trusting, timeout=30) as client:
    for path in ("/hello", "/hello", "/redirect"):
        answer = client.get(f"{https}{path}", follow_redirects=True)
        print(answer.status_code, answer.text, answer.http_version)
    print(len(client.get(f"{https}/large").content))
    with client.stream("GET", f"{https}/large") as answer:
        print(sum(map(len, answer.iter_bytes(1000))))
    print(client.post(f"{https}/upload", content=bytes(2_000_000)).status_code)
    print(fails(client.get, f"{https}/slow", timeout=0.3))
    elsewhere = f"https://localhost:{port_of('nginx', 'elsewhere')}/"
    print(fails(client.get, elsewhere).partition(" (_ssl.c")[0])
    print(fails(client.get, f"https://{HOST}:{port_of('nginx')}/").partition(" (_ssl.c")[0])
    print(fails(client.get, f"http://{HOST}:1/"))
print(fails(httpx.get, f"{https}/hello").partition(" (_ssl.c")[0])
with httpx.Client(transport=httpx.HTTPTransport(uds=details("nginx")["path"])) as client:
    print(client.get("http://nginx/hello").text)


async def together() -> None:
    async with httpx.AsyncClient(verify=trusting, timeout=30) as client:
        for _ in range(10):
            print((await client.get(f"{https}/hello")).text, end="")
        print(len((await client.get(f"{https}/large")).content))
        try:
            await client.get(f"{https}/slow", timeout=0.3)
        except httpx.ReadTimeout as error:
            print(repr(error))
        try:
            await client.get(elsewhere)
        except httpx.ConnectError as error:
            print(str(error).partition(" (_ssl.c")[0])


asyncio.run(together())
trio.run(together)
