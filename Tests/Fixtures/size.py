"""Packets that exceed the MTU to the real server: answered with the MTU that fits."""

from answers import too_big
from fixture import *
from scapy.layers.inet import IPOption_NOP
from tunnels import wrapped
from paths import Path


def datagram(family, port, size, **fields):
    """A UDP packet of `size` bytes with its IP header; with DF for IPv4."""
    if family.number == 4:
        fields.setdefault("flags", "DF")
    head = family.ip(**fields) / udp(port)
    return head / Raw(payload(size - len(bytes(head))))


def answered_too_big(family, packet, mtu, **link):
    return comes(
        packet,
        answered("answered-too-big", too_big(family, packet, mtu), **({"tags": link["tags"]} if "tags" in link else {})),
        **link,
    )


for f, row in ((V4, "size-v4-df"), (V6, "size-v6")):
    sized = {"configuration": "sizes"}
    packet = datagram(f, 53, 1400)
    case(row, f, "a packet as large as the MTU is forwarded", comes(packet, direct(packet)), **sized)
    case(
        row,
        f,
        "a packet a byte larger than the MTU is answered with the MTU",
        answered_too_big(f, datagram(f, 53, 1401), 1400),
        **sized,
    )
    case(row, f, "a packet of 1500 bytes is answered with the MTU", answered_too_big(f, datagram(f, 53, 1500), 1400), **sized)
    case(
        "steer-tags",
        f,
        "a too-big answer keeps the request's tags",
        answered_too_big(f, datagram(f, 53, 1500), 1400, tags=[Dot1AD(vlan=100, prio=3), Dot1Q(vlan=7, prio=5)]),
        **sized,
    )
    case(row, f, "the quote of a packet of 9000 bytes is limited", answered_too_big(f, datagram(f, 53, 9000), 1400), **sized)
    segment = f.ip(**({"flags": "DF"} if f is V4 else {})) / ack(flags="PA") / Raw(payload(1460))
    case(row, f, "a segment that does not fit is answered", answered_too_big(f, segment, 1400), **sized)
    for far in BOTH:
        room = 1480 - far.header
        over = f"IPIP over IPv{far.number}"
        packet = datagram(f, far.number, room)
        case(row, f, f"a packet that just fits inside {over} is forwarded", comes(packet, wrapped(packet, far)), **sized)
        case(
            row,
            f,
            f"a packet a byte larger than fits inside {over} is answered with what fits",
            answered_too_big(f, datagram(f, far.number, room + 1), room),
            **sized,
        )
        case(
            row,
            f,
            f"a packet of 1500 bytes is answered with what fits inside {over}",
            answered_too_big(f, datagram(f, far.number, 1500), room),
            **sized,
        )
    case(
        row,
        f,
        "padding does not count for the MTU",
        Packet(frame(datagram(f, 4, 1460)) + b"\0" * 30, wrapped(datagram(f, 4, 1460), V4)),
        **sized,
    )
packet = datagram(V4, 53, 1500, options=[IPOption_NOP()] * 40)
case("size-v4-df", V4, "options are part of the quote", answered_too_big(V4, packet, 1400), **sized)
packet = datagram(V4, 60, 68)
case("size-v4-df", V4, "68 bytes fit an MTU of 68", comes(packet, direct(packet)), **sized)
case(
    "size-v4-df",
    V4,
    "69 bytes are answered with the minimum MTU of IPv4",
    answered_too_big(V4, datagram(V4, 60, 69), 68),
    **sized,
)
case("size-v4-df", V4, "no MTU below 68 is sent", comes(datagram(V4, 61, 69), dropped("dropped-too-big")), **sized)
case(
    "size-v4-df", V4, "a packet under 548 bytes is quoted completely", answered_too_big(V4, datagram(V4, 60, 547), 68), **sized
)
case("size-v4-df", V4, "a packet of 548 bytes is quoted completely", answered_too_big(V4, datagram(V4, 60, 548), 68), **sized)
case(
    "size-v4-df",
    V4,
    "of a packet of 549 bytes the last one is not quoted",
    answered_too_big(V4, datagram(V4, 60, 549), 68),
    **sized,
)

for port, what in ((1280, "IPv6 with room for 1280"), (1284, "IPv4 with room for 1280"), (1260, "IPv6 with room for 1260")):
    case(
        "size-v6",
        V6,
        f"1281 bytes by IPIP over {what} are answered with 1280",
        answered_too_big(V6, datagram(V6, port, 1281), 1280),
        **sized,
    )
packet = datagram(V6, 1280, 1280)
case(
    "size-v6",
    V6,
    "1280 bytes by IPIP over IPv6 with room for 1280 are forwarded",
    comes(packet, Path("ipip", V6, end="2001:db8:1::84").carries(packet)),
    **sized,
)
