"""redis: TCP, Unix socket, TLS; pipelines, publish and subscribe, blocking calls, asyncio."""

SERVERS = ("redis",)
CI = True

import asyncio

import redis
import redis.asyncio
from _common import HOST, certificate, check, details, fails, port_of

check()
here, _ = certificate()
ways = {
    "TCP": {"host": HOST, "port": port_of("redis")},
    "Unix": {"unix_socket_path": details("redis")["path"]},
    "TLS": {"host": "localhost", "port": port_of("redis", "tls"), "ssl": True},
}
ways["TLS"]["ssl_ca_certs"] = here
for name, where in ways.items():
    with redis.Redis(**where, socket_timeout=30) as client:
        client.flushall()
        print(name, client.ping(), client.set("key", "värde"), client.get("key").decode())
        large = bytes(range(256)) * 8000
        print(client.set("large", large), client.get("large") == large)
        with client.pipeline() as pipe:
            for number in range(1000):
                pipe.rpush("list", number)
            print(pipe.execute()[-1], client.lrange("list", 0, 3))
        print(client.blpop("nothing", timeout=1), fails(client.incr, "key"))
        with client.pubsub() as subscription:
            subscription.subscribe("channel")
            print(subscription.get_message(timeout=5)["type"])
            client.publish("channel", "news")
            print(subscription.get_message(timeout=5)["data"])
            print(subscription.get_message(timeout=0.05))
with redis.Redis(**ways["TCP"], socket_timeout=0.1, retry=None) as impatient:
    print(fails(impatient.blpop, "nothing", timeout=2))
print(fails(redis.Redis(HOST, 1, retry=None).ping))
unknowing = redis.Redis("localhost", port_of("redis", "tls"), ssl=True, retry=None)
print(fails(unknowing.ping).partition("_ssl.c")[0].replace(details("redis")["tls"], "PORT"))


async def together() -> None:
    for where in ways.values():
        async with redis.asyncio.Redis(**where) as client:
            jobs = [client.incr("counter") for _ in range(50)]
            print(sorted(await asyncio.gather(*jobs))[-1])


asyncio.run(together())
