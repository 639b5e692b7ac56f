"""ICMP errors to a VIP: they reach the real server that sent the quoted packet."""

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

# The sender of errors: a router on the path to the client.
SENDER = {4: "198.51.100.7", 6: "2001:db8:77::7"}
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
    """A packet from a real server to the client, to be quoted."""
    return family.ip(**({"src": family.vip, "dst": family.client, "ttl": 50} | fields)) / transport


def from_port(port=80, kind=TCP, client=40000):
    if kind is TCP:
        return TCP(sport=port, dport=client, seq=5000, ack=1001, flags="A") / Raw(payload(64))
    return UDP(sport=port, dport=client) / Raw(payload(64))


def error(family, message, quoted, length=None, **fields):
    """An ICMP error to the VIP about a packet, with a quote of `length` bytes (default: all)."""
    return family.ip(**({"src": SENDER[family.number]} | fields)) / message / Raw(bytes(quoted)[:length])


def first_message(family):
    return ERRORS[family.number][1][1]


def tunnelled(packet, far):
    """Through a tunnel: an error follows the path of its flow."""
    return Path("ipip", far).carries(packet)


for f in BOTH:
    row = "icmp-error-service"
    for name, message in ERRORS[f.number]:
        packet = error(f, message, reply(f, from_port()))
        case(row, f, f"{name} about a service's packet goes to the hash's server", comes(packet, direct(packet)))
        packet = error(f, message, reply(f, from_port(53, UDP)))
        case(row, f, f"{name} about a service's datagram goes to the hash's server", comes(packet, direct(packet)))
    packet = error(f, first_message(f), reply(f, from_port()), f.header + 8)
    case(row, f, "8 quoted bytes of TCP are enough", comes(packet, direct(packet)))
    packet = error(f, first_message(f), reply(f, from_port(53, UDP)), f.header + 8)
    case(row, f, "8 quoted bytes of UDP are enough", comes(packet, direct(packet)))
    case(
        "icmp-error-other",
        f,
        "7 quoted bytes of TCP go to the kernel",
        comes(error(f, first_message(f), reply(f, from_port()), f.header + 7), passed()),
    )
    packet = error(f, first_message(f), reply(f, from_port()), f.header + 13)
    case(row, f, "a quote of an odd length is forwarded unchanged", comes(packet, direct(packet)))
    long = reply(f, TCP(sport=80, dport=40000, flags="A") / Raw(payload(1400)))
    packet = error(f, first_message(f), long, 1180 if f is V6 else 548)
    case(row, f, "an error with the longest quote is forwarded", comes(packet, direct(packet)))
    for far in BOTH:
        packet = error(f, first_message(f), reply(f, from_port(far.number, UDP)))
        case(
            row,
            f,
            f"an error about a datagram of a service by IPIP over IPv{far.number} goes through the same tunnel",
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
        ("a packet from a port without a service", reply(f, from_port(81))),
        ("a packet of the other protocol", reply(f, from_port(53))),
        ("a packet from another address", reply(f, from_port(), src=f.other)),
        ("a packet from another VIP than it is sent to", reply(f, from_port(53, UDP), src=f.any_vip)),
        ("a packet to the VIP, not from it", f.ip() / syn()),
        ("an ICMP message of the VIP", reply(f, ICMP() if f is V4 else ICMPv6EchoReply())),
        ("a packet of the other family", reply(V6 if f is V4 else V4, from_port())),
        (
            "a later fragment from the VIP",
            (
                reply(f, Raw(bytes(from_port())), proto=6, frag=185)
                if f is V4
                else f.ip(src=f.vip, dst=f.client) / IPv6ExtHdrFragment(nh=6, offset=185, id=77) / Raw(bytes(from_port()))
            ),
        ),
    ):
        case(row, f, f"an error that quotes {name} goes to the kernel", comes(error(f, first_message(f), quoted), passed()))
    case(row, f, "an error that quotes nothing goes to the kernel", comes(error(f, first_message(f), b""), passed()))
    case(
        row,
        f,
        "an error in fragments goes to the kernel",
        comes(
            (
                error(f, first_message(f), reply(f, from_port()), flags="MF")
                if f is V4
                else f.ip(src=SENDER[6]) / IPv6ExtHdrFragment(m=1, id=7) / first_message(f) / Raw(bytes(reply(f, from_port())))
            ),
            passed(),
        ),
    )
    # scapy computes no ICMPv6 checksum behind a fragment header; a packet for the kernel needs no correct one.

packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port(), options=[IPOption_NOP()] * 12), 32 + 8)
case("icmp-error-service", V4, "options in the quote are skipped", comes(packet, direct(packet)))
packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port(), options=[IPOption_NOP()] * 40), 60 + 8)
case("icmp-error-service", V4, "40 bytes of options in the quote are skipped", comes(packet, direct(packet)))
packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port()), options=[IPOption_NOP()] * 12)
case("icmp-error-service", V4, "options of the error itself are skipped", comes(packet, direct(packet)))
packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port(), flags="MF"))
case("icmp-error-service", V4, "a quoted first fragment has ports", comes(packet, direct(packet)))
packet = error(V4, ICMP(type=3, code=3), reply(V4, from_port(), chksum=0))
case("icmp-error-service", V4, "the checksum of a quoted header is not checked", comes(packet, direct(packet)))
options = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
packet = error(V6, ICMPv6DestUnreach(code=4), V6.ip(src=V6.vip, dst=V6.client) / options / from_port(), 40 + 8 + 8)
case("icmp-error-service", V6, "extension headers in the quote are skipped", comes(packet, direct(packet)))
case(
    "icmp-error-other",
    V6,
    "9 extension headers in the quote go to the kernel",
    comes(
        error(V6, ICMPv6DestUnreach(code=4), V6.ip(src=V6.vip, dst=V6.client) / Raw((b"\x3c\0\1\4\0\0\0\0" * 9)), None),
        passed(),
    ),
)
for kind, name in ((5, "a redirect"), (4, "a source quench")):
    case(
        "icmp-error-other",
        V4,
        f"{name} about a service's packet goes to the kernel",
        comes(error(V4, ICMP(type=kind), reply(V4, from_port())), passed()),
    )
