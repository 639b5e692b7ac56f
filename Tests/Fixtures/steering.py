"""Steering: which packets the director takes, and which it leaves to the kernel."""

from fixture import *
from scapy.layers.inet import ICMP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6MLReport,
    ICMPv6ND_NS,
    ICMPv6ND_Redirect,
    IPv6ExtHdrFragment,
)
from scapy.layers.l2 import ARP, GRE
from scapy.layers.sctp import SCTP

THIRD = "02:00:00:00:00:33"


def later_fragment(family, protocol, **fields):
    """A fragment of 40 bytes at offset 1480."""
    if family.number == 4:
        return family.ip(proto=protocol, frag=185, **fields) / Raw(payload(40))
    return family.ip(**fields) / IPv6ExtHdrFragment(nh=protocol, offset=185, id=77) / Raw(payload(40))


def wrong_checksum(packet):
    packet = bytearray(bytes(packet))
    packet[10] ^= 1
    return bytes(packet)


def echo(family, **fields):
    request = ICMP(type=8, id=7, seq=1) if family.number == 4 else ICMPv6EchoRequest(id=7, seq=1)
    return family.ip(**fields) / request / Raw(payload(56))


for f in BOTH:
    row = "steer-not-ours"
    case(row, f, "a SYN to an address without any service goes to the kernel", comes(f.ip(dst=f.other) / syn(), passed()))
    case(row, f, "a SYN to a VIP's port without a service goes to the kernel", comes(f.ip() / syn(81), passed()))
    case(row, f, "GRE to a VIP goes to the kernel", comes(f.ip() / GRE() / f.ip() / syn(), passed()))
    case(row, f, "SCTP to a VIP goes to the kernel", comes(f.ip() / SCTP(sport=40000, dport=80), passed()))
    another = passed("another-mac")
    case(row, f, "a frame to another MAC address is left to the kernel", comes(f.ip() / syn(), another, to="02:00:00:00:00:ff"))
    case(row, f, "a broadcast frame is left to the kernel", comes(f.ip() / syn(), another, to="ff:ff:ff:ff:ff:ff"))
    case(row, f, "a multicast frame is left to the kernel", comes(f.ip() / syn(), another, to="01:00:5e:00:00:12"))
    case(row, f, "a frame with three tags goes to the kernel", comes(f.ip() / syn(), passed(), tags=[1, 2, 3]))
    case(
        row,
        f,
        "a frame with three tags, the first 802.1ad, goes to the kernel",
        comes(f.ip() / syn(), passed(), tags=[("ad", 1), 2, 3]),
    )
    case(
        row,
        f,
        "a frame with the EtherType of the other family goes to the kernel",
        comes(f.ip() / syn(), passed(), number=10 - f.number),
    )
    case(row, f, "a packet cut within its IP header goes to the kernel", comes(bytes(f.ip() / syn())[: f.header - 1], passed()))
    case(
        row,
        f,
        "a later fragment to an address without a service goes to the kernel",
        comes(later_fragment(f, 6, dst=f.other), passed()),
    )
    case(row, f, "an echo request to an address without a service goes to the kernel", comes(echo(f, dst=f.other), passed()))
    case(row, f, "a packet from a VIP to elsewhere goes to the kernel", comes(f.ip(src=f.vip, dst=f.client) / syn(), passed()))

    row = "steer-service"
    case(row, f, "TCP to a port that has only a UDP service goes to the kernel", comes(f.ip() / syn(53), passed()))
    case(row, f, "UDP to a port that has only a TCP service goes to the kernel", comes(f.ip() / udp(80), passed()))
    packet = f.ip(dst=f.any_vip) / udp(53) / Raw(b"hi")
    case(row, f, "a service of the exact port wins over one of any port", comes(packet, direct(packet)))
    for port in (54, 52, 65535, 1, 0):
        packet = f.ip(dst=f.any_vip) / udp(port) / Raw(b"hi")
        case(row, f, f"port {port} goes to the service of any port", comes(packet, direct(packet, to=THIRD)))
    case(row, f, "a service of any port matches its protocol only", comes(f.ip(dst=f.any_vip) / syn(54), passed()))
    for port in (79, 81):
        case(
            row,
            f,
            f"port {port} next to a service's goes to the kernel",
            comes(f.ip(dst=f.any_vip[:-1] + "2") / syn(port), passed()),
        )

    row = "steer-tags"
    packet = f.ip() / syn()
    case(row, f, "one 802.1Q tag is skipped and removed", comes(packet, direct(packet), tags=[100]))
    case(row, f, "one 802.1ad tag is skipped and removed", comes(packet, direct(packet), tags=[("ad", 100)]))
    case(row, f, "two 802.1Q tags are skipped and removed", comes(packet, direct(packet), tags=[100, 7]))
    case(row, f, "802.1ad around 802.1Q is skipped and removed", comes(packet, direct(packet), tags=[("ad", 100), 7]))
    case(row, f, "802.1Q around 802.1ad is skipped and removed", comes(packet, direct(packet), tags=[100, ("ad", 7)]))
    case(row, f, "a priority tag of VLAN 0 is skipped", comes(packet, direct(packet), tags=[Dot1Q(vlan=0, prio=5)]))
    for sentence, port, path in (
        ("the tag of the path to the real server is added", 81, [100]),
        ("both tags of the path to the real server are added", 82, [("ad", 100), 7]),
        ("an 802.1ad tag of the path is added as 802.1ad", 85, [("ad", 100)]),
        ("two 802.1Q tags of the path are both added", 86, [100, 7]),
        ("802.1Q around 802.1ad of the path is added in that order", 87, [100, ("ad", 7)]),
        ("two 802.1ad tags of the path are both added", 88, [("ad", 100), ("ad", 7)]),
    ):
        packet = f.ip() / syn(port)
        case(row, f, sentence, comes(packet, direct(packet, tags=path)), configuration="tags")
        case(
            row,
            f,
            f"{sentence}, whatever tags the client's frame has",
            comes(packet, direct(packet, tags=path), tags=[("ad", 9), 8]),
            configuration="tags",
        )
    for sentence, port, inner in (("a tagged path by IPIP over IPv4", 83, IP), ("a tagged path by IPIP over IPv6", 84, IPv6)):
        packet = f.ip() / syn(port)
        df = {"flags": "DF"} if f is V4 else {}
        packet = f.ip(**df) / syn(port)
        if inner is IP:
            outer, free = IP(src=V4.near, dst=V4.far, id=0, ttl=64, flags="DF", proto=4 if f is V4 else 41), []
        else:
            outer, free = IPv6(src=V6.near, dst=V6.far, hlim=64, fl=1, nh=4 if f is V4 else 41), FLOW_LABEL
        case(
            row,
            f,
            f"{sentence} has its tags before the outer header",
            comes(packet, tunnel(outer / onward(packet), free=free, tags=[("ad", 100), 7]), tags=[5]),
            configuration="tags",
        )
    case(
        row, f, "a tagged SYN to a port without a service goes to the kernel", comes(f.ip() / syn(81), passed(), tags=[100, 7])
    )
    case(
        row,
        f,
        "a frame that ends within its second tag goes to the kernel",
        Packet(frame(f.ip() / syn(), tags=[1, 2])[:20], passed()),
    )

    row = "steer-later-fragment"
    case(
        row,
        f,
        "a later fragment of a protocol without any service at its VIP goes to the kernel",
        comes(later_fragment(f, 132), passed()),
    )
    case(
        row,
        f,
        "a later fragment of UDP to a VIP of TCP services goes to the kernel",
        comes(later_fragment(f, 17, dst=f.any_vip[:-1] + "2"), passed()),
    )

    row = "steer-icmp"
    case(
        row,
        f,
        "an echo request in two fragments goes to the kernel",
        comes(
            (
                f.ip(flags="MF") / ICMP(type=8, id=7, seq=1) / Raw(payload(56))
                if f is V4
                else f.ip() / IPv6ExtHdrFragment(m=1, id=77) / ICMPv6EchoRequest(id=7, seq=1) / Raw(payload(56))
            ),
            passed(),
        ),
    )
    case(row, f, "an ICMP message cut within its header goes to the kernel", comes(bytes(echo(f))[: f.header + 7], passed()))
for kind, sentence in (
    (0, "an echo reply"),
    (13, "a timestamp request"),
    (5, "a redirect"),
    (4, "a source quench"),
    (17, "a mask request"),
):
    case(
        "steer-icmp",
        V4,
        f"{sentence} to a VIP goes to the kernel",
        comes(V4.ip() / ICMP(type=kind, ts_ori=1, ts_rx=2, ts_tx=3) / Raw(payload(40)), passed()),
    )
for message, sentence in (
    (ICMPv6EchoReply(id=7, seq=1), "an echo reply"),
    (ICMPv6ND_NS(tgt=V6.vip), "a neighbour solicitation"),
    (ICMPv6ND_Redirect(tgt=V6.other, dst=V6.vip), "a redirect"),
    (ICMPv6MLReport(), "a multicast listener's report"),
):
    case("steer-icmp", V6, f"{sentence} to a VIP goes to the kernel", comes(V6.ip() / message, passed()))

case(
    "steer-not-ours",
    V4,
    "ARP for a VIP goes to the kernel",
    Packet(bytes(Ether(dst=DIRECTOR, src=ROUTER) / ARP(pdst=V4.vip)), passed()),
)
case(
    "steer-not-ours",
    V4,
    "a wrong checksum to an address without a service is left to the kernel",
    comes(wrong_checksum(V4.ip(dst=V4.other) / syn()), passed()),
)
case(
    "steer-not-ours",
    V4,
    "TTL 0 to an address without a service is left to the kernel",
    comes(V4.ip(dst=V4.other, ttl=0) / syn(), passed()),
)
case(
    "steer-not-ours",
    V6,
    "a v4-mapped destination does not match an IPv4 VIP",
    comes(V6.ip(dst="::ffff:10.0.0.100") / syn(), passed()),
)
case(
    "steer-not-ours",
    V6,
    "hop limit 0 to an address without a service is left to the kernel",
    comes(V6.ip(dst=V6.other, ttl=0) / syn(), passed()),
)
case(
    "steer-not-ours",
    V4,
    "a frame that ends in its Ethernet header goes to the kernel",
    Packet(frame(V4.ip() / syn())[:13], passed()),
)
