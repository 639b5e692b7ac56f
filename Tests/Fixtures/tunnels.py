"""Tunnels of the IP-in-IP family: what is before the client's packet, which itself stays as it came."""

from fixture import *
from scapy.layers.inet import IPOption_NOP
from scapy.layers.inet6 import IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, PadN


def outer(inner, far, length=None):
    """The header that goes before this packet: the class is the packet's, DF too where it is IPv4, and set where it is IPv6."""
    v4 = number_of(inner) == 4
    if far.number == 6:
        return IPv6(src=far.near, dst=far.far, hlim=64, tc=inner.tos if v4 else inner.tc, nh=4 if v4 else 41), FLOW_LABEL
    df = not v4 or "DF" in inner.flags
    header = IP(
        src=far.near,
        dst=far.far,
        ttl=64,
        id=0,
        tos=inner.tos if v4 else inner.tc,
        flags="DF" if df else 0,
        proto=4 if v4 else 41,
    )
    return header, () if df else IDENTIFICATION


def wrapped(inner, far):
    header, free = outer(inner, far)
    return tunnel(header / inner, free=free)


for far in BOTH:
    port = far.number  # services of this port tunnel over this family
    row = "tunnel-outer-v4" if far is V4 else "tunnel-outer-v6"
    over = f"over IPv{far.number}"
    for f in BOTH:
        for name, tos in (
            ("best effort", 0),
            ("ECT(0)", 2),
            ("ECT(1)", 1),
            ("CE", 3),
            ("DSCP EF", 0xB8),
            ("DSCP CS7 and CE", 0xE3),
            ("all bits", 0xFF),
        ):
            packet = f.ip(tos=tos) / syn(port)
            case(row, f, f"{name} is copied to the outer header {over}", comes(packet, wrapped(packet, far)))
        packet = f.ip() / syn(port) / Raw(payload(1001))
        case("tunnel-inner", f, f"the packet travels {over} byte for byte", comes(packet, wrapped(packet, far)))
        for ttl in (1, 255):
            packet = f.ip(ttl=ttl) / udp(port) / Raw(b"hi")
            case(
                "tunnel-inner",
                f,
                f"TTL or hop limit {ttl} stays inside, 64 is outside, {over}",
                comes(packet, wrapped(packet, far)),
            )
        packet = f.ip() / syn(port, chksum=0xBAD)
        case("tunnel-inner", f, f"a wrong TCP checksum travels {over} as it is", comes(packet, wrapped(packet, far)))
        packet = f.ip() / udp(port)
        case("tunnel-inner", f, f"a datagram of no bytes travels {over}", comes(packet, wrapped(packet, far)))
        packet = f.ip() / udp(port) / Raw(payload(1500 - f.header - 8))
        case(
            "tunnel-inner",
            f,
            f"a datagram of 1500 bytes travels {over} where the way has room",
            comes(packet, wrapped(packet, far)),
        )
        packet = f.ip() / syn(port)
        case(
            "tunnel-inner",
            f,
            f"a tagged frame's packet travels {over} without its tags",
            comes(packet, wrapped(packet, far), tags=[("ad", 5), 6]),
        )
        row_of_first = "tunnel-inner"
        data = bytes(f.ip() / udp(port, len=1480) / Raw(payload(64)))[f.header :]
        first = (
            f.ip(flags="MF", proto=17) / Raw(data) if f is V4 else f.ip() / IPv6ExtHdrFragment(nh=17, m=1, id=77) / Raw(data)
        )
        case("tunnel-inner", f, f"a first fragment travels {over}", comes(first, wrapped(first, far)))
    packet = V4.ip(flags="DF") / syn(port)
    case(row, V4, f"DF inside, {over}: copied where there is one to copy to", comes(packet, wrapped(packet, far)))
    packet = V4.ip(options=[IPOption_NOP()] * 12) / syn(port)
    case("tunnel-inner", V4, f"options travel {over}", comes(packet, wrapped(packet, far)))
    packet = V6.ip() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / syn(port)
    case("tunnel-inner", V6, f"extension headers travel {over}", comes(packet, wrapped(packet, far)))
    packet = V6.ip(fl=0x12345) / syn(port)
    case("tunnel-inner", V6, f"a flow label travels {over}", comes(packet, wrapped(packet, far)))

packet = V4.ip() / udp(4) / Raw(b"hi")
case("tunnel-outer-v4", V4, "identifications without DF don't repeat", comes(packet, wrapped(packet, V4), count=300))
packet = V4.ip(flags="DF") / udp(4) / Raw(b"hi")
case("tunnel-outer-v4", V4, "with DF each identification is 0", comes(packet, wrapped(packet, V4), count=3))
packet = V6.ip() / udp(4) / Raw(b"hi")
case("tunnel-outer-v4", V6, "around IPv6 DF is set and each identification is 0", comes(packet, wrapped(packet, V4), count=3))
for f in BOTH:
    packets = []
    for sport in range(40000, 40012):
        packet = f.ip() / udp(6, sport=sport) / Raw(b"hi")
        label = [Field(0, 4, "nonzero", mask="000fffff", group=str(sport))]
        packets.append(comes(packet, tunnel(outer(packet, V6)[0] / packet, free=label), count=2))
    case("tunnel-outer-v6", f, "a flow keeps its flow label, and flows have several", *packets)
