"""Direct routing: MAC addresses, tags and TTL change, nothing above. Padding. The last hop."""

from answers import time_exceeded
from datagrams import Datagram
from fixture import *
from scapy.layers.inet import IPOption_NOP, IPOption_Timestamp
from scapy.layers.inet6 import IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, Jumbo, PadN, RouterAlert

row = "direct"
for f in BOTH:
    room = 1500 - f.header
    for sentence, packet in (
        ("a SYN", f.ip() / syn(options=[("MSS", 1460), ("WScale", 7), ("Timestamp", (7, 0))])),
        ("a datagram of no bytes", f.ip() / udp()),
        ("a datagram of one byte", f.ip() / udp() / Raw(b"x")),
        ("a datagram of an odd length", f.ip() / udp() / Raw(payload(1001))),
        ("a segment as large as the MTU", f.ip() / ack(flags="PA") / Raw(payload(room - 20))),
        ("a datagram as large as the MTU", f.ip() / udp() / Raw(payload(room - 8))),
        ("a segment a byte smaller than the MTU", f.ip() / ack() / Raw(payload(room - 21))),
        ("DSCP EF and ECT(1)", f.ip(tos=0xB9) / syn()),
        ("CE", f.ip(tos=3) / ack() / Raw(b"hi")),
        ("urgent data", f.ip() / ack(flags="PAU", urgptr=3) / Raw(b"now")),
        ("every TCP flag but RST", f.ip() / ack(flags="FSPAUEC")),
        ("a SYN with data", f.ip() / syn() / Raw(b"early")),
    ):
        case(row, f, f"{sentence} reaches the real server, changed in TTL or hop limit only", comes(packet, direct(packet)))
    packet = f.ip() / syn()
    case(row, f, "the same packet twice goes to the same server twice", comes(packet, direct(packet), count=2))
    tiny = f.ip() / udp() / Raw(b"x")
    case(
        row,
        f,
        "no byte of the payload changes",
        comes(f.ip() / udp() / Raw(bytes(range(256))), direct(f.ip() / udp() / Raw(bytes(range(256))))),
    )

    data = payload(64)
    if f is V4:
        first = f.ip(flags="MF", proto=17) / Raw(bytes(f.ip() / udp(len=1480) / Raw(data))[20:])
    else:
        first = f.ip() / IPv6ExtHdrFragment(nh=17, m=1, id=77) / Raw(bytes(f.ip() / udp(len=1480) / Raw(data))[40:])
    case(
        row,
        f,
        "a first fragment with the whole datagram's UDP length reaches the real server",
        comes(first, direct(first)),
    )

for sentence, fields in (
    ("DF", {"flags": "DF"}),
    ("an identification of 0", {"id": 0}),
    ("the reserved flag", {"flags": 4}),
    ("a timestamp option", {"options": [IPOption_Timestamp()]}),
    ("options of nothing", {"options": [IPOption_NOP()] * 8}),
):
    packet = V4.ip(**fields) / syn()
    case(row, V4, f"{sentence} is unchanged", comes(packet, direct(packet)))
for sentence, packet in (
    ("a flow label", V6.ip(fl=0xABCDE) / syn()),
    ("a router alert", V6.ip() / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / syn()),
    ("24 bytes of destination options", V6.ip() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 20)]) / syn()),
    ("an atomic fragment's header", V6.ip() / IPv6ExtHdrFragment(id=7) / udp() / Raw(b"hi")),
):
    case(row, V6, f"{sentence} is unchanged", comes(packet, direct(packet)))

row = "padding"
for f in BOTH:
    for length in (1, 6, 18):
        packet = f.ip() / udp() / Raw(b"x")
        pad = b"\0" * length
        padded = Packet(frame(packet) + pad, direct(packet, padding=pad, exact=False))
        case(row, f, f"{length} bytes after the packet may reach a direct real server", padded)
    packet = f.ip() / udp(4) / Raw(b"odd")
    outer = IP(src=V4.near, dst=V4.far, ttl=64, proto=4 if f is V4 else 41, flags=0 if f is V4 else "DF", id=0)
    free = IDENTIFICATION if f is V4 else ()
    for length in (1, 17, 100):
        case(
            row,
            f,
            f"{length} bytes after the packet are cut before IPIP over IPv4",
            Packet(frame(packet) + b"\xee" * length, tunnel(outer / onward(packet), free=free)),
        )
    packet = f.ip() / udp(6) / Raw(b"odd")
    outer = IPv6(src=V6.near, dst=V6.far, hlim=64, nh=4 if f is V4 else 41)
    case(
        row,
        f,
        "bytes after the packet are cut before IPIP over IPv6",
        Packet(frame(packet) + b"\xee" * 17, tunnel(outer / onward(packet), free=FLOW_LABEL)),
    )

row = "ttl"
for f in BOTH:
    for ttl in (2, 64, 128, 255):
        packet = f.ip(ttl=ttl) / syn()
        case(row, f, f"TTL or hop limit {ttl} is forwarded as {ttl - 1}", comes(packet, direct(packet)))
    for sentence, packet in (
        ("a SYN", f.ip(ttl=1) / syn()),
        ("a datagram", f.ip(ttl=1) / udp() / Raw(payload(1400))),
        ("a datagram larger than what is quoted", f.ip(ttl=1, tos=0xB9) / udp() / Raw(payload(1400, 7))),
    ):
        answer = answered("answered-time-exceeded", time_exceeded(f, packet))
        case(row, f, f"{sentence} with TTL or hop limit 1 is answered with time exceeded", comes(packet, answer))
    packet = f.ip(ttl=1) / syn()
    tags = [("ad", 7), 8]
    answer = answered("answered-time-exceeded", time_exceeded(f, packet), tags=tags)
    case(row, f, "time exceeded has the tags of the frame", comes(packet, answer, tags=tags))
    ours = Datagram(f, udp(), ttl=1)
    case(
        row,
        f,
        "time exceeded is sent about a first fragment, never about a later one",
        comes(ours.fragment(0), answered("answered-time-exceeded", time_exceeded(f, ours.fragment(0)))),
        comes(ours.fragment(1), dropped("dropped-ttl")),
    )
for wanted in (0xFEFF, 0xFF00, 0xFFFE, 0x0000, 0xFFFF):
    # An identification that gives the header this checksum, so that the update by difference carries. 0xffff is another 0.
    blank = int.from_bytes(bytes(V4.ip(id=0, ttl=9) / udp() / Raw(b"hi"))[10:12], "big")
    packet = V4.ip(id=(blank - wanted) % 0xFFFF, ttl=9, **({"chksum": wanted} if wanted == 0xFFFF else {})) / udp() / Raw(b"hi")
    assert bytes(packet)[10:12] == wanted.to_bytes(2, "big")
    case(row, V4, f"a header checksum of {wanted:#06x} is updated", comes(packet, direct(packet)))
