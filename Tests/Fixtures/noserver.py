"""New flows of services without a live server, and packets that are never answered."""

from answers import error_header, reset, too_big, unreachable
from fixture import *
from icmp import error, first_message, from_port, reply
from scapy.layers.inet import IPOption_NOP
from scapy.layers.inet6 import IPv6ExtHdrDestOpt, PadN
from size import datagram

row = "flow-no-server"
dead = {"configuration": "dead"}
for f in BOTH:

    def answered_unreachable(packet, **link):
        tags = {"tags": link["tags"]} if "tags" in link else {}
        return comes(packet, answered("answered-unreachable", unreachable(f, packet), **tags), **link)

    case(row, f, "a SYN is answered with port unreachable", answered_unreachable(f.ip() / syn()), **dead)
    case(row, f, "an ACK is answered with port unreachable", answered_unreachable(f.ip() / ack() / Raw(b"hi")), **dead)
    case(row, f, "a datagram is answered with port unreachable", answered_unreachable(f.ip() / udp() / Raw(b"hi")), **dead)
    case(
        row,
        f,
        "a datagram to a service without any server is answered with port unreachable",
        answered_unreachable(f.ip() / udp(81) / Raw(b"hi")),
        **dead,
    )
    case(
        row,
        f,
        "a datagram of an odd length is quoted to its last byte",
        answered_unreachable(f.ip() / udp() / Raw(payload(301))),
        **dead,
    )
    case(row, f, "the quote of a datagram of 1500 bytes is limited", answered_unreachable(datagram(f, 53, 1500)), **dead)
    for size in (547, 548, 549) if f is V4 else (1231, 1232, 1233):
        case(
            row,
            f,
            f"the quote of a datagram of {size} bytes is within the limit",
            answered_unreachable(datagram(f, 53, size)),
            **dead,
        )
    case(
        "steer-tags",
        f,
        "port unreachable keeps the request's tags",
        answered_unreachable(f.ip() / syn(), tags=[("ad", 100), 7]),
        **dead,
    )
    padded = f.ip() / udp() / Raw(b"x")
    case(
        row,
        f,
        "padding is not quoted",
        Packet(frame(padded) + b"\xee" * 17, answered("answered-unreachable", unreachable(f, padded))),
        **dead,
    )

    row2 = "originate"
    case(
        row2,
        f,
        "port unreachable is sent 1000 times a second, and again a second later",
        comes(f.ip() / udp(), answered("answered-unreachable", unreachable(f, f.ip() / udp())), count=1000),
        comes(f.ip() / udp(), dropped("dropped-rate-limited"), count=2),
        comes(f.ip() / udp(), answered("answered-unreachable", unreachable(f, f.ip() / udp())), time=1),
        **dead,
    )
    large = datagram(f, 53, 1401)
    case(
        row2,
        f,
        "too-big answers are sent 1000 times a second, and again a second later",
        comes(large, answered("answered-too-big", too_big(f, large, 1400)), count=1000),
        comes(large, dropped("dropped-rate-limited"), count=2),
        comes(large, answered("answered-too-big", too_big(f, large, 1400)), time=1),
        configuration="sizes",
    )
    case(
        row2,
        f,
        "no answer is sent about an ICMP error to a service without a live server",
        comes(error(f, first_message(f), reply(f, from_port())), dropped("dropped-no-server")),
        **dead,
    )
    case(
        row2,
        f,
        "no answer is sent about an ICMP error that exceeds the MTU and must not be fragmented",
        comes(
            error(f, first_message(f), reply(f, from_port(53, UDP)), **({"flags": "DF"} if f is V4 else {}))
            / Raw(payload(1400)),
            dropped("dropped-too-big"),
        ),
        configuration="sizes",
    )
    for name, source in (("a multicast", "03:00:00:00:00:c1"), ("the broadcast", "ff:ff:ff:ff:ff:ff")):
        case(
            row2,
            f,
            f"no port unreachable is sent to {name} MAC address",
            comes(f.ip() / syn(), dropped("dropped-no-server"), source=source),
            **dead,
        )
        case(
            row2,
            f,
            f"no too-big answer is sent to {name} MAC address",
            comes(large, dropped("dropped-too-big"), source=source),
            configuration="sizes",
        )
packet = V4.ip(options=[IPOption_NOP()] * 12) / udp() / Raw(b"hi")
case(
    row,
    V4,
    "options are part of the quote of port unreachable",
    comes(packet, answered("answered-unreachable", unreachable(V4, packet))),
    **dead,
)
packet = V6.ip() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / udp() / Raw(b"hi")
case(
    row,
    V6,
    "extension headers are part of the quote of port unreachable",
    comes(packet, answered("answered-unreachable", unreachable(V6, packet))),
    **dead,
)
