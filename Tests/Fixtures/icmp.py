"""ICMP to a VIP: errors find the real server whose packet they quote, echo requests are answered."""

from fixture import *
from scapy.layers.inet import ICMP, IPOption_NOP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    ICMPv6ParamProblem,
    ICMPv6TimeExceeded,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    PadN,
)
from paths import Path

# Who sends errors: a router on the way to the client.
WAY = {4: "198.51.100.7", 6: "2001:db8:77::7"}
ERRORS = {
    4: (
        ("host unreachable", ICMP(type=3, code=1)),
        ("port unreachable", ICMP(type=3, code=3)),
        ("fragmentation needed", ICMP(type=3, code=4, nexthopmtu=1400)),
        ("time exceeded", ICMP(type=11, code=0)),
        ("reassembly time exceeded", ICMP(type=11, code=1)),
        ("a parameter problem", ICMP(type=12, code=0)),
    ),
    6: (
        ("destination unreachable", ICMPv6DestUnreach(code=0)),
        ("port unreachable", ICMPv6DestUnreach(code=4)),
        ("packet too big", ICMPv6PacketTooBig(mtu=1400)),
        ("time exceeded", ICMPv6TimeExceeded(code=0)),
        ("reassembly time exceeded", ICMPv6TimeExceeded(code=1)),
        ("a parameter problem", ICMPv6ParamProblem(code=1)),
    ),
}


def reply(family, transport, **fields):
    """What a real server sends to the client, as an error quotes it."""
    return family.ip(**({"src": family.vip, "dst": family.client, "ttl": 50} | fields)) / transport


def from_port(port=80, kind=TCP, client=40000):
    if kind is TCP:
        return TCP(sport=port, dport=client, seq=5000, ack=1001, flags="A") / Raw(payload(64))
    return UDP(sport=port, dport=client) / Raw(payload(64))


def error(family, message, quoted, length=None, **fields):
    """An ICMP error to the VIP about a packet, of which it quotes `length` bytes (all, if nothing is said)."""
    return family.ip(**({"src": WAY[family.number]} | fields)) / message / Raw(bytes(quoted)[:length])


def first_message(family):
    return ERRORS[family.number][1][1]


def tunnelled(packet, far):
    """By a tunnel; an error is no packet of the flow, but follows its way."""
    return Path("ipip", far).carries(packet)


for f in BOTH:
    row = "icmp-error-service"
    for name, message in ERRORS[f.number]:
        packet = error(f, message, reply(f, from_port()))
        case(row, f, f"{name} about a service's packet goes where its hash says", comes(packet, direct(packet)))
        packet = error(f, message, reply(f, from_port(53, UDP)))
        case(row, f, f"{name} about a service's datagram goes where its hash says", comes(packet, direct(packet)))
    packet = error(f, first_message(f), reply(f, from_port()), f.header + 8)
    case(row, f, "8 quoted bytes of TCP are enough", comes(packet, direct(packet)))
    packet = error(f, first_message(f), reply(f, from_port(53, UDP)), f.header + 8)
    case(row, f, "8 quoted bytes of UDP are enough", comes(packet, direct(packet)))
    case(
        "icmp-error-other",
        f,
        "7 quoted bytes of TCP are the kernel's",
        comes(error(f, first_message(f), reply(f, from_port()), f.header + 7), passed()),
    )
    packet = error(f, first_message(f), reply(f, from_port()), f.header + 13)
    case(row, f, "a quote of an odd length is forwarded as it is", comes(packet, direct(packet)))
    long = reply(f, TCP(sport=80, dport=40000, flags="A") / Raw(payload(1400)))
    packet = error(f, first_message(f), long, 1180 if f is V6 else 548)
    case(row, f, "an error with as much quoted as there may be is forwarded", comes(packet, direct(packet)))
    for far in BOTH:
        packet = error(f, first_message(f), reply(f, from_port(far.number, UDP)))
        case(
            row,
            f,
            f"an error about a datagram of a service by IPIP over IPv{far.number} goes the same way",
            comes(packet, tunnelled(packet, far)),
        )
    packet = error(f, first_message(f), reply(f, from_port()))
    case(row, f, "an error in a tagged frame goes to the real server untagged", comes(packet, direct(packet), tags=[100, 7]))
    case(
        "refuse-checksum",
        f,
        "an error with a wrong ICMP checksum is dropped",
        comes(bytes(packet)[:-1] + bytes([bytes(packet)[-1] ^ 1]), dropped("dropped-bad-checksum")),
    )
    case(
        "refuse-source",
        f,
        "an error from a VIP is dropped",
        comes(error(f, first_message(f), reply(f, from_port()), src=f.any_vip), dropped("dropped-source")),
    )
    case(
        "refuse-length",
        f,
        "an error with TTL or hop limit 0 is dropped",
        comes(error(f, first_message(f), reply(f, from_port()), ttl=0), dropped("dropped-ttl")),
    )

    row = "icmp-error-other"
    for name, quoted in (
        ("a packet of a port without a service", reply(f, from_port(81))),
        ("a packet of the other protocol", reply(f, from_port(53))),
        ("a packet from another address", reply(f, from_port(), src=f.other)),
        ("a packet from another VIP than it is sent to", reply(f, from_port(53, UDP), src=f.any_vip)),
        ("a packet to the VIP, not from it", f.ip() / syn()),
        ("an ICMP message of the VIP", reply(f, ICMP() if f is V4 else ICMPv6EchoReply())),
        ("a packet of the other family", reply(V6 if f is V4 else V4, from_port())),
        (
            "a later fragment of the VIP's",
            (
                reply(f, Raw(bytes(from_port())), proto=6, frag=185)
                if f is V4
                else f.ip(src=f.vip, dst=f.client) / IPv6ExtHdrFragment(nh=6, offset=185, id=77) / Raw(bytes(from_port()))
            ),
        ),
    ):
        case(row, f, f"an error that quotes {name} is the kernel's", comes(error(f, first_message(f), quoted), passed()))
    case(row, f, "an error that quotes nothing is the kernel's", comes(error(f, first_message(f), b""), passed()))
    case(
        row,
        f,
        "an error in fragments is the kernel's",
        comes(
            (
                error(f, first_message(f), reply(f, from_port()), flags="MF")
                if f is V4
                else f.ip(src=WAY[6]) / IPv6ExtHdrFragment(m=1, id=7) / first_message(f) / Raw(bytes(reply(f, from_port())))
            ),
            passed(),
        ),
    )
    # scapy computes no ICMPv6 checksum behind a fragment header; the kernel's packet needs none that is right.

packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port(), options=[IPOption_NOP()] * 12), 32 + 8)
case("icmp-error-service", V4, "options in the quote are stepped over", comes(packet, direct(packet)))
packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port(), options=[IPOption_NOP()] * 40), 60 + 8)
case("icmp-error-service", V4, "40 bytes of options in the quote are stepped over", comes(packet, direct(packet)))
packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port()), options=[IPOption_NOP()] * 12)
case("icmp-error-service", V4, "options of the error itself are stepped over", comes(packet, direct(packet)))
packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port(), flags="MF"))
case("icmp-error-service", V4, "a quoted first fragment has its ports", comes(packet, direct(packet)))
packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port(), chksum=0))
case("icmp-error-service", V4, "a quoted header's checksum is no matter", comes(packet, direct(packet)))
options = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
packet = error(V6, ICMPv6DestUnreach(code=4), V6.ip(src=V6.vip, dst=V6.client) / options / from_port(), 40 + 8 + 8)
case("icmp-error-service", V6, "extension headers in the quote are stepped over", comes(packet, direct(packet)))
case(
    "icmp-error-other",
    V6,
    "9 extension headers in the quote are the kernel's",
    comes(
        error(V6, ICMPv6DestUnreach(code=4), V6.ip(src=V6.vip, dst=V6.client) / Raw((b"\x3c\0\1\4\0\0\0\0" * 9)), None),
        passed(),
    ),
)
for kind, name in ((5, "a redirect"), (4, "a source quench")):
    case(
        "icmp-error-other",
        V4,
        f"{name} about a service's packet is the kernel's",
        comes(error(V4, ICMP(type=kind), reply(V4, from_port())), passed()),
    )
