"""ICMP errors and resets of the director, built from the client's packet."""

from fixture import *
from scapy.layers.inet import ICMP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig, ICMPv6TimeExceeded

QUOTE = {4: 548, 6: 1232}  # RFC 1812 4.3.2.3: 576 with headers; RFC 4443 2.4 (c): 1280 with headers


def error_header(family, vip):
    """From the VIP to the client; for IPv4 with precedence 6 (RFC 1812 4.3.2.5), DF, and identification 0."""
    if family.number == 4:
        return IP(src=vip, dst=family.client, ttl=64, id=0, flags="DF", tos=0xC0)
    return IPv6(src=vip, dst=family.client, hlim=64)


def quote(packet):
    return Raw(bytes(packet)[: QUOTE[number_of(packet)]])


def too_big(family, packet, mtu, vip=None):
    message = ICMP(type=3, code=4, nexthopmtu=mtu) if family.number == 4 else ICMPv6PacketTooBig(mtu=mtu)
    return error_header(family, vip or family.vip) / message / quote(packet)


def unreachable(family, packet, vip=None):
    message = ICMP(type=3, code=3) if family.number == 4 else ICMPv6DestUnreach(code=4)
    return error_header(family, vip or family.vip) / message / quote(packet)


def time_exceeded(family, packet, vip=None):
    message = ICMP(type=11, code=0) if family.number == 4 else ICMPv6TimeExceeded(code=0)
    return error_header(family, vip or family.vip) / message / quote(packet)


def reset(family, vip=None, **fields):
    """A reset from the VIP's port 80 to the client's 40000."""
    header = (
        IP(src=vip or family.vip, dst=family.client, ttl=64, id=0, flags="DF")
        if family.number == 4
        else IPv6(src=vip or family.vip, dst=family.client, hlim=64)
    )
    return header / TCP(**({"sport": 80, "dport": 40000, "window": 0, "seq": 0, "ack": 0} | fields))
