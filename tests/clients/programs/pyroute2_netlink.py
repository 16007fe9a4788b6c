"""pyroute2: links, addresses, routes and neighbours of a network namespace, by netlink."""

NAMESPACE = True

from _common import check, fails
from pyroute2 import IPRoute

check()
with IPRoute() as ip:
    for link in ip.get_links():
        print(link.get("ifname"), link.get("mtu"), link["state"])
    ip.link("add", ifname="v0", peer={"ifname": "v1"}, kind="veth")
    (index,) = ip.link_lookup(ifname="v0")
    ip.addr("add", index=index, address="192.0.2.1", prefixlen=24)
    ip.link("set", index=index, state="up")
    ip.link("set", index=ip.link_lookup(ifname="v1")[0], state="up")
    print(sorted(address.get("address") for address in ip.get_addr(family=2)))
    ip.route("add", dst="198.51.100.0/24", gateway="192.0.2.2")
    print(sorted(str(route.get("dst")) for route in ip.get_routes(family=2, table=254)))
    ip.neigh("add", dst="192.0.2.2", lladdr="02:00:00:00:00:01", ifindex=index, state="permanent")
    print([neighbour.get("dst") for neighbour in ip.get_neighbours(family=2)])
    print(fails(ip.link, "set", index=12345, state="up"))
    for number in range(200):
        ip.addr("add", index=index, address=f"192.0.2.{number + 2}", prefixlen=32)
    print(len(ip.get_addr(family=2, index=index)))
    ip.link("del", index=index)
    print(ip.link_lookup(ifname="v1"))
