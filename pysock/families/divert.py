"""AF_DIVERT: packets that FreeBSD's firewall hands to a program, which may send them back.

In Python, an address is ``(host, port)``, as for AF_INET.  For ``bind``, the port is the number in
the firewall's rule; the host is ignored.  Each packet is received with an address, to which the
program sends it back.

In C, an address is a ``struct sockaddr_in`` (``<netinet/in.h>``) with AF_INET as its family, as
for AF_RDS.  The manual page is divert(4).

>>> from pysock import families
>>> families.pack("AF_DIVERT", ("", 8668), platform="freebsd-x86_64").hex(" ")
'10 02 21 dc 00 00 00 00 00 00 00 00 00 00 00 00'
"""

from __future__ import annotations

from .rds import Family

__all__ = ["Family"]
