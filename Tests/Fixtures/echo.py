"""Echo requests to a VIP."""

from fixture import *
from scapy.layers.inet import ICMP, IPOption_NOP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6ExtHdrDestOpt, PadN

row = "icmp-echo"


def request(family, data, id=7, seq=1, **fields):
    message = ICMP(type=8, id=id, seq=seq) if family.number == 4 else ICMPv6EchoRequest(id=id, seq=seq)
    return family.ip(**fields) / message / Raw(data)


def reply(family, data, id=7, seq=1, vip=None, **fields):
    """RFC 1122 3.2.2.6 and RFC 4443 4.2; for IPv4 with the request's type of service, identification and DF."""
    vip = vip or family.vip
    if family.number == 4:
        return (
            IP(**({"src": vip, "dst": family.client, "ttl": 64, "id": 0x1234} | fields))
            / ICMP(type=0, id=id, seq=seq)
            / Raw(data)
        )
    return IPv6(**({"src": vip, "dst": family.client, "hlim": 64} | fields)) / ICMPv6EchoReply(id=id, seq=seq) / Raw(data)


def zero_sum(family):
    """Data for which the sum of the reply is 0xffff, so that the checksum field must be 0."""
    plain = bytes(reply(family, b"\0\0" + payload(20)))
    return plain[family.header + 2 : family.header + 4] + payload(20)


for f in BOTH:
    for length in (0, 1, 2, 3, 55, 56, 57, 1000, 1452):
        data = payload(length)
        case(
            row,
            f,
            f"an echo request of {length} bytes is answered with the same bytes",
            comes(request(f, data), answered("answered-echo", reply(f, data))),
        )
    for name, data, id, seq in (
        ("nothing but zeros", bytes(56), 0, 0),
        ("nothing but ones", b"\xff" * 56, 0xFFFF, 0xFFFF),
        ("nothing but zeros, of odd length", bytes(57), 0, 0),
    ):
        case(
            row,
            f,
            f"an echo request of {name} is answered with a correct checksum",
            comes(request(f, data, id, seq), answered("answered-echo", reply(f, data, id, seq))),
        )
    data = zero_sum(f)
    assert bytes(reply(f, data))[f.header + 2 : f.header + 4] == b"\0\0", "not a case of a checksum of 0"
    case(
        row,
        f,
        "a reply with a checksum of 0 has 0 in the field",
        comes(request(f, data), answered("answered-echo", reply(f, data))),
    )
    case(
        row,
        f,
        "the reply's TTL or hop limit is 64 whatever the request's was",
        comes(request(f, b"hi", ttl=1), answered("answered-echo", reply(f, b"hi"))),
    )
    for name, tags in (
        ("its tag", [100]),
        ("its 802.1ad tag", [("ad", 100)]),
        ("both tags, priorities too", [Dot1AD(vlan=100, prio=3, id=1), Dot1Q(vlan=7, prio=5)]),
        ("two 802.1Q tags", [100, Dot1Q(vlan=4095, prio=7)]),
    ):
        case(
            "steer-tags",
            f,
            f"the answer to an echo request keeps {name}",
            comes(request(f, payload(56)), answered("answered-echo", reply(f, payload(56)), tags=tags), tags=tags),
        )
    case(
        row,
        f,
        "padding after an echo request is not answered",
        Packet(frame(request(f, b"hi")) + b"\0" * 20, answered("answered-echo", reply(f, b"hi"))),
    )
    case(
        row,
        f,
        "another VIP answers from its own address",
        comes(request(f, b"hi", dst=f.any_vip), answered("answered-echo", reply(f, b"hi", vip=f.any_vip))),
    )
    case(
        row,
        f,
        "an echo request to a VIP without a live server is dropped",
        comes(request(f, b"hi"), dropped("dropped-echo")),
        configuration="dead",
    )
    many = request(f, b"hi")
    case(
        row,
        f,
        "an echo request from a multicast MAC address is dropped",
        comes(many, dropped("dropped-echo"), source="03:00:00:00:00:c1"),
    )
    case(
        row,
        f,
        "an echo request on the second interface is answered there",
        Packet(
            frame(many, to=SECOND),
            Expectation("answer", "answered-echo", [Output(reply(f, b"hi"), to=ROUTER, source=SECOND, interface="eth1")]),
        ),
    )
    case(
        "originate",
        f,
        "1000 echo requests a second are answered, the rest is dropped, and again a second later",
        comes(request(f, b""), answered("answered-echo", reply(f, b"")), count=1000),
        comes(request(f, b""), dropped("dropped-rate-limited"), count=3),
        comes(request(f, b""), answered("answered-echo", reply(f, b"")), time=1, count=1000),
        comes(request(f, b""), dropped("dropped-rate-limited"), time=1),
    )

case(
    row,
    V4,
    "options of an echo request are not in the reply",
    comes(request(V4, payload(56), options=[IPOption_NOP()] * 12), answered("answered-echo", reply(V4, payload(56)))),
)
case(
    row,
    V4,
    "40 bytes of options in tagged frames are not in the reply",
    comes(
        request(V4, payload(56), options=[IPOption_NOP()] * 40),
        answered("answered-echo", reply(V4, payload(56)), tags=[100, 7]),
        tags=[100, 7],
    ),
)
case(
    row,
    V4,
    "the reply has the request's DF and identification",
    comes(request(V4, b"hi", flags="DF", id=0), answered("answered-echo", reply(V4, b"hi", flags="DF", id=0))),
)
case(
    row,
    V4,
    "the reply has the request's type of service",
    comes(request(V4, b"hi", tos=0xB8), answered("answered-echo", reply(V4, b"hi", tos=0xB8))),
)
packet = V6.ip() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / ICMPv6EchoRequest(id=7, seq=1) / Raw(payload(56))
case(
    row,
    V6,
    "extension headers of an echo request are not in the reply",
    comes(packet, answered("answered-echo", reply(V6, payload(56)))),
)
