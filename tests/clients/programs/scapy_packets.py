"""scapy: raw packets on loopback, sent, sniffed, filtered, and answered."""

NAMESPACE = True

import logging
import socket
import threading

logging.getLogger("scapy").setLevel(logging.CRITICAL)

from _common import HOST, check
from scapy.all import ICMP, IP, UDP, AsyncSniffer, L3RawSocket, Raw, conf, send, sr1
from scapy.arch import get_if_addr

check()
conf.verb, conf.L3socket = 0, L3RawSocket
print(get_if_addr("lo"), sorted(conf.ifaces.data))
reply = sr1(IP(dst=HOST) / ICMP(id=1, seq=2) / Raw(b"payload"), timeout=30)
print(reply[ICMP].type, reply[ICMP].seq, bytes(reply[Raw]))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.bind((HOST, 0))
    sock.settimeout(30)
    port = sock.getsockname()[1]
    started = threading.Event()
    sniffer = AsyncSniffer(
        iface="lo",
        count=1,
        lfilter=lambda packet: UDP in packet and packet[UDP].dport == port,
        started_callback=started.set,
    )
    sniffer.start()
    assert started.wait(30)
    send(IP(dst=HOST) / UDP(sport=4321, dport=port) / Raw(b"by hand"))
    print(sock.recvfrom(100))
    sniffer.join(30)
    (packet,) = sniffer.results
    print(packet[UDP].sport, bytes(packet[UDP].payload), packet[IP].src)
