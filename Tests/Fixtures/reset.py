"""Services configured to answer with a reset, and servers of last resort (sorry servers)."""

from answers import reset, unreachable
from fixture import *
from datagrams import Datagram
from scapy.layers.inet import ICMP, IPOption_NOP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6ExtHdrDestOpt, PadN
from paths import Path

THIRD = "02:00:00:00:00:33"
row = "flow-no-server"
resets = {"configuration": "reset"}
LENGTH = 5


def refused(family, packet, fields, **link):
    tags = {"tags": link["tags"]} if "tags" in link else {}
    return comes(packet, answered("answered-reset", reset(family, **fields), **tags), **link)


for f in BOTH:
    # RFC 9293 3.10.7.1: without ACK the reset acknowledges the segment; with ACK its sequence number is the acknowledged one.
    data = Raw(b"early")
    for sentence, packet, fields in (
        ("a SYN is reset, acknowledged", f.ip() / syn(), {"flags": "RA", "ack": 1001}),
        ("a SYN with data is reset, all acknowledged", f.ip() / syn() / data, {"flags": "RA", "ack": 1001 + LENGTH}),
        (
            "a SYN with options is reset, no option acknowledged",
            f.ip() / syn(options=[("MSS", 1460), ("SAckOK", b""), ("EOL", None)]),
            {"flags": "RA", "ack": 1001},
        ),
        (
            "a SYN with the last sequence number is reset, acknowledged as 0",
            f.ip() / syn(seq=0xFFFFFFFF),
            {"flags": "RA", "ack": 0},
        ),
        ("SYN and FIN are acknowledged both", f.ip() / syn(flags="SF"), {"flags": "RA", "ack": 1002}),
        ("a FIN without ACK is reset, acknowledged", f.ip() / syn(flags="F"), {"flags": "RA", "ack": 1001}),
        (
            "a segment without any flag is reset, acknowledged",
            f.ip() / syn(flags=0) / data,
            {"flags": "RA", "ack": 1000 + LENGTH},
        ),
        ("an ACK is reset from what it acknowledged", f.ip() / ack(), {"flags": "R", "seq": 5000}),
        ("an ACK with data is reset from what it acknowledged", f.ip() / ack(flags="PA") / data, {"flags": "R", "seq": 5000}),
        ("a FIN with ACK is reset from what it acknowledged", f.ip() / ack(flags="FA"), {"flags": "R", "seq": 5000}),
        ("a SYN with ACK is reset from what it acknowledged", f.ip() / ack(flags="SA"), {"flags": "R", "seq": 5000}),
    ):
        case(row, f, sentence, refused(f, packet, fields), **resets)
    packet = f.ip() / syn()
    case(
        "steer-tags",
        f,
        "a reset keeps the request's tags",
        refused(f, packet, {"flags": "RA", "ack": 1001}, tags=[("ad", 100), 7]),
        **resets,
    )
    case(
        row,
        f,
        "padding is not acknowledged",
        Packet(frame(packet) + b"\0" * 6, answered("answered-reset", reset(f, flags="RA", ack=1001))),
        **resets,
    )
    case(
        row,
        f,
        "where TCP is reset, a datagram is answered with port unreachable",
        Packet(frame(f.ip() / udp()), answered("answered-unreachable", unreachable(f, f.ip() / udp()))),
        **resets,
    )
    none = dropped("dropped-no-server")
    for flags in ("R", "RA", "SR"):
        case(
            "originate", f, f"no reset is sent to a segment of flags {flags}", comes(f.ip() / ack(flags=flags), none), **resets
        )
    case(
        "originate", f, "no reset is sent to a multicast MAC address", comes(packet, none, source="03:00:00:00:00:c1"), **resets
    )
    case("originate", f, "no reset is sent about a first fragment", comes(Datagram(f, syn()).fragment(0), none), **resets)
    case(
        "originate",
        f,
        "1000 resets a second are sent, and again a second later",
        comes(packet, answered("answered-reset", reset(f, flags="RA", ack=1001)), count=1000),
        comes(packet, dropped("dropped-rate-limited"), count=2),
        comes(packet, answered("answered-reset", reset(f, flags="RA", ack=1001)), time=1),
        **resets,
    )

    sorry = {"configuration": "sorry"}
    for name, packet in (
        ("a SYN", f.ip() / syn()),
        ("an ACK of an unknown flow", f.ip() / ack()),
        ("a datagram", f.ip() / udp()),
    ):
        case(row, f, f"{name} goes to the server of last resort", comes(packet, direct(packet, to=THIRD)), **sorry)
    packet = f.ip() / udp(81) / Raw(b"hi")
    case(row, f, "a server of last resort may be behind a tunnel", comes(packet, Path("ipip", V4).carries(packet)), **sorry)
    request = ICMP(type=8, id=7) if f is V4 else ICMPv6EchoRequest(id=7)
    case(
        "icmp-echo",
        f,
        "a server of last resort does not make the VIP live",
        comes(f.ip() / request, dropped("dropped-echo")),
        **sorry,
    )
    opening, going, other = f.ip() / syn(), f.ip() / ack(), f.ip() / syn(sport=40001)
    case(
        row,
        f,
        "a flow stays with the server of last resort when another is live again, new flows don't",
        comes(opening, direct(opening, to=THIRD)),
        comes(going, direct(going, to=THIRD)),
        comes(going, direct(going, to=THIRD)),
        comes(other, direct(other)),
        at=[(3, "sorry-live")],
        **sorry,
    )
    case(
        row,
        f,
        "the server of last resort gets nothing while another is live",
        comes(opening, direct(opening)),
        configuration="sorry-live",
    )

packet = V4.ip(options=[IPOption_NOP()] * 12) / syn()
case(row, V4, "options are not in a reset", refused(V4, packet, {"flags": "RA", "ack": 1001}), **resets)
packet = V6.ip() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / syn() / Raw(b"early")
case(row, V6, "extension headers are not in a reset", refused(V6, packet, {"flags": "RA", "ack": 1006}), **resets)
