"""AF_DIVERT, divert(4): take packets out of FreeBSD's firewall, and put them back.

An address is that of an IPv4 socket, ``(host, port)``, in the struct of one, and with
AF_INET inside.  To bind, the port is the one that a rule of the firewall diverts to; a
packet comes with the address to send it back to.

>>> from pysock import families
>>> families.pack("AF_DIVERT", ("", 8668), platform="freebsd-x86_64").hex(" ")
'10 02 21 dc 00 00 00 00 00 00 00 00 00 00 00 00'
"""

from __future__ import annotations

from .rds import Family

__all__ = ["Family"]
