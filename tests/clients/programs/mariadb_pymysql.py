"""pymysql: TCP, Unix socket, TLS; large values, cursors, timeouts, errors."""

SERVERS = ("mariadb",)

import pymysql
from _common import HOST, certificate, check, details, fails, port_of

check()
port = port_of("mariadb")
tls = {"ssl_ca": certificate()[0], "ssl_verify_cert": True, "ssl_verify_identity": True}
ways = {
    "TCP": {"host": HOST, "port": port},
    "Unix": {"unix_socket": details("mariadb")["path"]},
    "TLS": {"host": "localhost", "port": port, **tls},
}
for name, where in ways.items():
    with pymysql.connect(user="root", **where) as client, client.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_version'")
        print(name, cursor.fetchone())
        cursor.execute("SELECT %s, %s", ("värde", 2**40))
        print(cursor.fetchall())
        cursor.execute("CREATE DATABASE IF NOT EXISTS own")
        cursor.execute("CREATE TEMPORARY TABLE own.numbers (number INT, data LONGBLOB)")
        cursor.executemany(
            "INSERT INTO own.numbers VALUES (%s, %s)", [(i, bytes(i)) for i in range(2000)]
        )
        cursor.execute("SELECT COUNT(*), SUM(LENGTH(data)) FROM own.numbers")
        print(cursor.fetchall())
        cursor.execute("SELECT REPEAT('x', 3000000)")
        print(len(cursor.fetchone()[0]))
        print(fails(cursor.execute, "SELECT nonsense"))
    with pymysql.connect(user="root", cursorclass=pymysql.cursors.SSCursor, **where) as client:
        with client.cursor() as cursor:
            cursor.execute("SELECT seq FROM own.seq_1_to_5000")
            print(sum(number for (number,) in cursor))
print(fails(pymysql.connect, user="root", host=HOST, port=1))
print(fails(pymysql.connect, user="root", password="wrong", host=HOST, port=port))
slow = pymysql.connect(user="root", read_timeout=0.3, **ways["TCP"])
with slow.cursor() as cursor:
    print(fails(cursor.execute, "SELECT SLEEP(5)"))
unknowing = {"host": "localhost", "port": port, "ssl_verify_cert": True, "ssl_ca": None}
unknowing["ssl_ca"] = certificate("elsewhere")[0]
print(fails(pymysql.connect, user="root", **unknowing).partition("_ssl.c")[0])
