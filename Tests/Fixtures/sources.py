"""Refused source addresses, first fragments without their ports, and chains of extension headers."""

from fixture import *
from paths import Path
from scapy.layers.inet import ICMP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    IPv6ExtHdrSegmentRouting,
    PadN,
)
from scapy.layers.ipsec import AH

row = "refuse-source"
REFUSED = {
    V4: (
        ("the first of 0/8", "0.0.0.0"),
        ("the last of 0/8", "0.255.255.255"),
        ("the first of 127/8", "127.0.0.0"),
        ("the last of 127/8", "127.255.255.255"),
        ("the first multicast address", "224.0.0.0"),
        ("the last multicast address", "239.255.255.255"),
        ("the limited broadcast", "255.255.255.255"),
    ),
    V6: (
        ("the unspecified address", "::"),
        ("the loopback address", "::1"),
        ("a v4-mapped address", "::ffff:192.0.2.1"),
        ("the first v4-mapped address", "::ffff:0.0.0.0"),
        ("the first multicast address", "ff00::"),
        ("a multicast address", "ff02::1"),
        ("the last multicast address", "ffff:" * 7 + "ffff"),
    ),
}
TAKEN = {
    V4: (
        ("after 0/8", "1.0.0.0"),
        ("before 127/8", "126.255.255.255"),
        ("after 127/8", "128.0.0.0"),
        ("before multicast", "223.255.255.255"),
        ("after multicast", "240.0.0.0"),
        ("before the limited broadcast", "255.255.255.254"),
        ("of a link", "169.254.1.1"),
        ("of a private network", "10.0.0.7"),
    ),
    V6: (
        ("after the loopback address", "::2"),
        ("before the v4-mapped addresses", "::fffe:ffff:ffff"),
        ("after the v4-mapped addresses", "::1:0:0:0"),
        ("before multicast", "feff:" + "ffff:" * 6 + "ffff"),
        ("of a link", "fe80::1"),
        ("of a private network", "fd00::1"),
    ),
}
for f in BOTH:
    for name, address in REFUSED[f] + (("the VIP", f.vip), ("another VIP", f.any_vip)):
        case(row, f, f"a SYN from {name} is dropped", comes(f.ip(src=address) / syn(), dropped("dropped-source")))
    for name, address in TAKEN[f]:
        packet = f.ip(src=address) / syn()
        case(row, f, f"a SYN from the address {name} is forwarded", comes(packet, direct(packet)))
    case(
        row,
        f,
        "a datagram from its own VIP and port is dropped",
        comes(f.ip(src=f.vip) / udp(sport=53), dropped("dropped-source")),
    )
    request = ICMP(type=8) if f is V4 else ICMPv6EchoRequest()
    case(row, f, "an echo request from a VIP is dropped", comes(f.ip(src=f.any_vip) / request, dropped("dropped-source")))
    case(
        row,
        f,
        "an echo request from a multicast address is dropped",
        comes(f.ip(src=REFUSED[f][-2][1]) / request, dropped("dropped-source")),
    )


def first_fragment(family, transport, size):
    """The first fragment of a datagram, with `size` bytes of IP payload."""
    data = bytes(family.ip() / transport / Raw(payload(64)))[family.header :][:size]
    number = 6 if isinstance(transport, TCP) else 17
    if family.number == 4:
        return family.ip(flags="MF", proto=number) / Raw(data)
    return family.ip() / IPv6ExtHdrFragment(nh=number, m=1, id=77) / Raw(data)


row = "link-local"
LINK_LOCAL = {
    V4: (("the first of 169.254/16", "169.254.0.0"), ("the last of 169.254/16", "169.254.255.255")),
    V6: (("the first of fe80::/10", "fe80::"), ("the last of fe80::/10", "febf:" + "ffff:" * 6 + "ffff")),
}
NEAR = {
    V4: (("before 169.254/16", "169.253.255.255"), ("after 169.254/16", "169.255.0.0")),
    V6: (("before fe80::/10", "fe7f:" + "ffff:" * 6 + "ffff"), ("after fe80::/10", "fec0::")),
}
for f in BOTH:
    for name, address in LINK_LOCAL[f]:
        packet = f.ip(src=address) / syn()
        case(row, f, f"a SYN from {name} stays on its link by direct routing", comes(packet, direct(packet)))
        case(
            row,
            f,
            f"a SYN from {name} in a tagged frame does not go to an untagged server",
            comes(packet, dropped("dropped-source"), tags=[5]),
        )
        for far in BOTH:
            packet = f.ip(src=address) / syn(far.number)
            case(row, f, f"a SYN from {name} does not go into IPIP over IPv{far.number}", comes(packet, dropped("dropped-source")))
            packet = f.ip(src=address) / udp(far.number) / Raw(b"hi")
            for method in ("gue", "gre"):
                case(
                    row,
                    f,
                    f"a datagram from {name} does not go into {method.upper()} over IPv{far.number}",
                    comes(packet, dropped("dropped-source")),
                    configuration=method,
                )
    name, address = LINK_LOCAL[f][0]
    packet = f.ip(src=address) / syn(81)
    tagged = {"configuration": "tags"}
    case(row, f, f"a SYN from {name} stays in its VLAN", comes(packet, direct(packet, tags=[100]), tags=[100]), **tagged)
    case(row, f, f"a SYN from {name} does not go to another VLAN", comes(packet, dropped("dropped-source"), tags=[101]), **tagged)
    for name, address in NEAR[f]:
        packet = f.ip(src=address) / syn(4)
        case(row, f, f"a SYN from an address {name} goes into IPIP", comes(packet, Path("ipip", V4).carries(packet)))

row = "refuse-tiny-fragment"
for f in BOTH:
    refused = dropped("dropped-fragment")
    for size in (8, 16, 19):
        case(row, f, f"a first fragment of {size} bytes of TCP is dropped", comes(first_fragment(f, syn(), size), refused))
    for size in (20, 24):
        packet = first_fragment(f, syn(), size)
        case(row, f, f"a first fragment of {size} bytes of TCP is forwarded", comes(packet, direct(packet)))
    case(row, f, "a first fragment of 7 bytes of UDP is dropped", comes(first_fragment(f, udp(), 7), refused))
    for size in (8, 16):
        packet = first_fragment(f, udp(), size)
        case(row, f, f"a first fragment of {size} bytes of UDP is forwarded", comes(packet, direct(packet)))
    packet = first_fragment(f, syn(dataofs=15), 24)
    case(row, f, "a first fragment may end within the options of TCP", comes(packet, direct(packet)))


def chain(*headers, last=None):
    """An IPv6 packet to the VIP with these extension headers before its SYN."""
    packet = V6.ip()
    last = last or syn()
    for header, following in zip(headers, headers[1:] + (last,)):
        packet = packet / header.copy()
        if isinstance(header, AH):  # scapy leaves it 0
            packet.lastlayer().nh = 60 if isinstance(following, IPv6ExtHdrDestOpt) else 17 if isinstance(following, UDP) else 6
    return packet / last


def destination():
    return IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])


row = "refuse-extensions"
OPTIONS, HOP, FRAGMENT = destination(), IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)]), IPv6ExtHdrFragment(id=77)
TYPE2 = IPv6ExtHdrRouting(type=2, segleft=0, addresses=["2001:db8::7"])
AUTHENTICATION = AH(spi=1, seq=1, icv=b"\xaa" * 12, payloadlen=4)
many = dropped("dropped-extension-headers")
for sentence, headers, wanted in (
    ("8 destination options headers are accepted", [OPTIONS] * 8, direct),
    ("9 destination options headers are too many", [OPTIONS] * 9, many),
    ("hop-by-hop options count: with 8 more they are too many", [HOP] + [OPTIONS] * 8, many),
    ("hop-by-hop options count: with 7 more they are accepted", [HOP] + [OPTIONS] * 7, direct),
    ("a fragment header counts: with 8 more it is too many", [OPTIONS] * 8 + [FRAGMENT], many),
    ("a fragment header counts: with 7 more it is accepted", [OPTIONS] * 7 + [FRAGMENT], direct),
    ("AH counts: with 8 more it is too many", [OPTIONS] * 8 + [AUTHENTICATION], many),
    ("AH counts: with 7 more it is accepted", [OPTIONS] * 7 + [AUTHENTICATION], direct),
    ("a routing header counts: with 8 more it is too many", [OPTIONS] * 8 + [TYPE2], many),
    ("AH is accepted by its own unit of length", [AUTHENTICATION], direct),
    ("one of each kind is accepted", [HOP, OPTIONS, TYPE2, FRAGMENT, AUTHENTICATION, OPTIONS], direct),
    ("an atomic fragment is a whole packet", [FRAGMENT], direct),
    ("a type 2 routing header without segments left is accepted", [TYPE2], direct),
    (
        "a type 2 routing header with a segment left goes to the kernel",
        [IPv6ExtHdrRouting(type=2, segleft=1, addresses=["2001:db8::7"])],
        passed(),
    ),
    (
        "a type 4 routing header without segments left is accepted",
        [IPv6ExtHdrSegmentRouting(addresses=["2001:db8::7"], segleft=0, lastentry=0)],
        direct,
    ),
    (
        "a type 4 routing header with a segment left goes to the kernel",
        [IPv6ExtHdrSegmentRouting(addresses=["2001:db8::7", "2001:db8::8"], segleft=1, lastentry=1)],
        passed(),
    ),
    (
        "a type 0 routing header with a segment left is refused",
        [IPv6ExtHdrRouting(type=0, segleft=1, addresses=["2001:db8::7"])],
        many,
    ),
    (
        "a type 0 routing header without segments left is refused too",
        [IPv6ExtHdrRouting(type=0, segleft=0, addresses=["2001:db8::7"])],
        many,
    ),
    (
        "a type 0 routing header behind others is refused",
        [OPTIONS, IPv6ExtHdrRouting(type=0, segleft=0, addresses=["2001:db8::7"])],
        many,
    ),
):
    packet = chain(*headers)
    case(row, V6, sentence, comes(packet, direct(packet) if wanted is direct else wanted))
    packet = chain(*headers, last=udp() / Raw(b"hi"))
    case(row, V6, f"{sentence}, before UDP", comes(packet, direct(packet) if wanted is direct else wanted))
case(
    row,
    V6,
    "9 extension headers to an address without any service go to the kernel",
    comes(
        V6.ip(dst=V6.other) / OPTIONS / OPTIONS / OPTIONS / OPTIONS / OPTIONS / OPTIONS / OPTIONS / OPTIONS / OPTIONS / syn(),
        passed(),
    ),
)
case(row, V6, "no next header at a VIP goes to the kernel", comes(V6.ip(nh=59), passed()))
