"""zeroconf: a service is registered, found and withdrawn, by multicast on loopback."""

NAMESPACE = True

import socket
import threading

from _common import HOST, check
from zeroconf import ServiceBrowser, ServiceInfo, Zeroconf

check()
KIND = "_pysock._tcp.local."
events: list[tuple[str, str]] = []
found, gone = threading.Event(), threading.Event()


class Listener:
    def add_service(self, zeroconf, kind: str, name: str) -> None:
        events.append(("added", name))
        found.set()

    def update_service(self, zeroconf, kind: str, name: str) -> None:
        pass

    def remove_service(self, zeroconf, kind: str, name: str) -> None:
        events.append(("removed", name))
        gone.set()


server, client = Zeroconf(interfaces=[HOST]), Zeroconf(interfaces=[HOST])
info = ServiceInfo(
    KIND, f"one.{KIND}", port=4321, addresses=[socket.inet_aton(HOST)], properties={"key": "value"}
)
browser = ServiceBrowser(client, KIND, Listener())
server.register_service(info)
assert found.wait(30)
seen = client.get_service_info(KIND, f"one.{KIND}", timeout=10_000)
print(seen.parsed_addresses(), seen.port, seen.properties, seen.server)
server.unregister_service(info)
assert gone.wait(30)
print(events)
server.close()
client.close()
