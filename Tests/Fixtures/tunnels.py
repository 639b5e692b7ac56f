"""Tunnels: the outer headers, and the inner packet, which changes in TTL or hop limit only."""

from fixture import *
from scapy.layers.inet import ICMP, IPOption_NOP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, PadN
from paths import Path

CLASSES = (
    ("best effort", 0),
    ("ECT(0)", 2),
    ("ECT(1)", 1),
    ("CE", 3),
    ("DSCP EF", 0xB8),
    ("DSCP CS7 and CE", 0xE3),
    ("all bits", 0xFF),
)
# Method, configuration, and port of the service: the family, plus 10 with a checksum.
METHODS = [
    (Path(method, far, checksum), "topology" if method == "ipip" else method, far.number + (10 if checksum else 0))
    for method in ("ipip", "gue", "gre")
    for far in BOTH
    for checksum in (False, True)
    if method != "ipip" or not checksum
]


def wrapped(inner, far):
    return Path("ipip", far).carries(inner)


for path, configuration, port in METHODS:
    plain = path.method == "ipip"
    where = {"configuration": configuration}
    row = {"ipip": "tunnel-outer-v4" if path.far is V4 else "tunnel-outer-v6"}.get(path.method, path.method)
    inner = "tunnel-inner" if plain else path.method
    for f in BOTH:
        for name, tos in CLASSES if plain else CLASSES[2:6]:
            packet = f.ip(tos=tos) / syn(port)
            case(row, f, f"{name} is copied to the outer header of {path}", comes(packet, path.carries(packet)), **where)
        for sentence, packet in (
            ("a packet of an odd length goes through {}, changed in TTL or hop limit only", f.ip() / syn(port) / Raw(payload(1001))),
            ("TTL or hop limit 2 is 1 inside {}, with 64 outside", f.ip(ttl=2) / udp(port) / Raw(b"hi")),
            ("TTL or hop limit 255 is 254 inside {}, with 64 outside", f.ip(ttl=255) / udp(port) / Raw(b"hi")),
            ("a packet with a wrong TCP checksum goes through {} with it", f.ip() / syn(port, chksum=0xBAD)),
            ("an empty datagram goes through {}", f.ip() / udp(port)),
            ("1500 bytes go through {} when they fit", f.ip() / udp(port) / Raw(payload(1500 - f.header - 8))),
        ):
            case(inner, f, sentence.format(path), comes(packet, path.carries(packet)), **where)
        packet = f.ip() / syn(port)
        tags = [("ad", 5), 6]
        case(
            inner,
            f,
            f"the packet of a tagged frame goes through {path} without the tags",
            comes(packet, path.carries(packet), tags=tags),
            **where,
        )
        case(
            "padding",
            f,
            f"padding does not go through {path}",
            Packet(frame(packet) + b"\xee" * 17, path.carries(packet)),
            **where,
        )
        data = bytes(f.ip() / udp(port, len=1480) / Raw(payload(64)))[f.header :]
        first = (
            f.ip(flags="MF", proto=17) / Raw(data) if f is V4 else f.ip() / IPv6ExtHdrFragment(nh=17, m=1, id=77) / Raw(data)
        )
        case(inner, f, f"a first fragment goes through {path}", comes(first, path.carries(first)), **where)
        if not plain or path.far is V6:
            packets = [f.ip() / udp(port, sport=sport) / Raw(b"hi") for sport in range(40000, 40012)]
            case(
                row,
                f,
                f"the outer fields of {path} are constant in a flow and differ between flows",
                *(comes(packet, path.carries(packet, group=str(number)), count=2) for number, packet in enumerate(packets)),
                **where,
            )
        # To routers and receive queues, an error about a flow looks like a packet of the flow.
        quoted = f.ip(src=f.vip, dst=f.client) / UDP(sport=port, dport=40000) / Raw(payload(64))
        unreachable = (ICMP(type=3, code=3) if f is V4 else ICMPv6DestUnreach(code=4)) / Raw(bytes(quoted)[: f.header + 8])
        error = f.ip(src="198.51.100.7" if f is V4 else "2001:db8:77::7") / unreachable
        datagram = f.ip() / udp(port) / Raw(b"hi")
        case(
            "tunnel-hash",
            f,
            f"an ICMP error goes through {path} like its flow",
            comes(datagram, path.carries(datagram, group="flow")),
            comes(error, path.carries(error, group="flow")),
            **where,
        )
        case(
            "tunnel-hash",
            f,
            f"an ICMP error about an unknown flow goes through {path} like the later flow",
            comes(error, path.carries(error, group="flow")),
            comes(datagram, path.carries(datagram, group="flow")),
            **where,
        )
    packet = V4.ip(flags="DF") / syn(port)
    case(row, V4, f"DF inside {path} is copied if the outer header has one", comes(packet, path.carries(packet)), **where)
    packet = V4.ip(options=[IPOption_NOP()] * 12) / syn(port)
    case(inner, V4, f"options go through {path}", comes(packet, path.carries(packet)), **where)
    packet = V6.ip(fl=0x12345) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / syn(port)
    case(inner, V6, f"extension headers and a flow label go through {path}", comes(packet, path.carries(packet)), **where)
    if path.far is V4:
        packet = V4.ip() / udp(port) / Raw(b"hi")
        case(
            row,
            V4,
            f"without DF identifications don't repeat, by {path}",
            comes(packet, path.carries(packet), count=300),
            **where,
        )
        packet = V4.ip(flags="DF") / udp(port) / Raw(b"hi")
        case(row, V4, f"with DF each identification is 0, by {path}", comes(packet, path.carries(packet), count=3), **where)
        packet = V6.ip() / udp(port) / Raw(b"hi")
        case(
            row,
            V6,
            f"around IPv6 DF is set and each identification is 0, by {path}",
            comes(packet, path.carries(packet), count=3),
            **where,
        )

for method in ("gue", "gre"):
    for far in BOTH:
        path = Path(method, far, checksum=True)
        for f in BOTH:
            # Payloads that bring the sum to 0 and its inverse once each in 64 Ki; a few near them are enough to see carries.
            packets = [
                f.ip() / udp(far.number + 10, chksum=0) / Raw(data) for data in (b"\xff" * 1001, bytes(1000), b"\xff\xfe" * 700)
            ]
            case(
                method,
                f,
                f"the checksum of {path} is correct for ones, zeros and carries",
                *(comes(packet, path.carries(packet)) for packet in packets),
                configuration=method,
            )
for f in BOTH:
    path = Path("gue", V4, port=5555)
    packet = f.ip() / udp(44) / Raw(b"hi")
    case("gue", f, "the outer UDP destination is the configured one", comes(packet, path.carries(packet)), configuration="gue")

# Outer source addresses: configured, or from a prefix by flow.
where = {"configuration": "sources"}
for f in BOTH:
    for far, source, mask, wide in (
        (V4, "10.1.0.77", "000000ff", "0000ffff"),
        (V6, "2001:db8:1::77", "000000000000ffff", "ffffffffffffffff"),
    ):
        prefix = {V4: "10.200.7.0", V6: "2001:db8:200::"}[far]
        for method, tens in (("ipip", 0), ("gue", 10), ("gre", 20)):
            path = Path(method, far, source=source)
            packet = f.ip() / udp(100 + tens + far.number) / Raw(b"hi")
            case(
                "outer-source",
                f,
                f"the outer source of {path} is the configured one",
                comes(packet, path.carries(packet)),
                **where,
            )
            path = Path(method, far, source=prefix, checksum=method != "ipip")
            packets = [f.ip() / udp(200 + tens + far.number, sport=sport) / Raw(b"hi") for sport in range(40000, 40012)]
            case(
                "outer-source",
                f,
                f"each flow has its own outer source from the prefix, by {path}",
                *(
                    comes(packet, path.carries(packet, group=str(number), mask=mask), count=2)
                    for number, packet in enumerate(packets)
                ),
                **where,
            )
