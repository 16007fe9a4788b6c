"""pg8000: TCP, Unix socket, TLS; transactions, large values, notifications, errors."""

SERVERS = ("postgres",)
CI = True

import ssl

import pg8000.native
from _common import HOST, certificate, check, details, fails, port_of

check()
trusting = ssl.create_default_context(cafile=certificate()[0])
ways = {
    "TCP": {"host": HOST, "port": port_of("postgres")},
    "Unix": {"unix_sock": details("postgres")["path"]},
    "TLS": {"host": "localhost", "port": port_of("postgres"), "ssl_context": trusting},
}
for name, where in ways.items():
    client = pg8000.native.Connection("client", database="postgres", timeout=60, **where)
    secure = client.run("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    print(name, secure, client.run("SELECT 1 + :one, :text", one=1, text="värde"))
    client.run("CREATE TEMPORARY TABLE numbers (number int, data bytea)")
    client.run("BEGIN")
    client.run("INSERT INTO numbers SELECT i, repeat('x', i)::bytea FROM generate_series(1, 999) i")
    client.run("COMMIT")
    rows = client.run("SELECT * FROM numbers ORDER BY number")
    print(len(rows), rows[-1][0], len(rows[-1][1]), sum(len(data) for _, data in rows))
    print(len(client.run("SELECT :data", data=bytes(1_000_000))[0][0]))
    client.run("LISTEN channel")
    client.run("NOTIFY channel, 'news'")
    client.run("SELECT 1")
    print([(channel, payload) for _, channel, payload in client.notifications])
    print(fails(client.run, "SELECT nonsense").partition("'F'")[0])
    client.close()
    print(fails(client.run, "SELECT 1"))
unknowing = {**ways["TLS"], "ssl_context": ssl.create_default_context()}
print(fails(pg8000.native.Connection, "client", **unknowing).partition(" (_ssl.c")[0])
slow = pg8000.native.Connection("client", database="postgres", timeout=0.2, **ways["TCP"])
print(fails(slow.run, "SELECT pg_sleep(5)"))
print(fails(pg8000.native.Connection, "client", host=HOST, port=1))
