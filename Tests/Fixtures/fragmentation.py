"""Packets that go in pieces: IPv4 without DF inside, IPv6 of 1280 bytes outside."""

from answers import too_big
from fixture import *
from pieces import Datagram
from scapy.layers.inet import IPOption_NOP, IPOption_RR, fragment
from scapy.layers.inet6 import IPv6ExtHdrFragment
from size import datagram
from tunnels import METHODS
from paths import Path

row = "size-v4-no-df"
sized = {"configuration": "sizes"}


def cut(packet, room):
    """The fragments of an IPv4 packet that a way of `room` bytes is to carry, each as large as it may be."""
    head = packet.ihl * 4 if packet.ihl else len(bytes(packet)) - len(bytes(packet.payload))
    return fragment(packet, (room - head) // 8 * 8)


def in_pieces(packet, room, way=None, **more):
    parts = [IP(bytes(part)) for part in cut(IP(bytes(packet)), room)]
    outputs = []
    for part in parts:
        if way is None:
            outputs.append(Output(part, **more))
        else:
            outer, free = way.wrap(part, group="flow")
            outputs.append(Output(outer, to=FAR, source=SECOND, free=free, interface="eth1"))
    return Expectation("forward", "forwarded", outputs)


def free_to_cut(port, size, **fields):
    return datagram(V4, port, size, flags=0, **fields)


for size, pieces in ((1401, 2), (1500, 2), (2772, 2), (2773, 3), (9000, 7)):
    packet = free_to_cut(53, size)
    expectation = in_pieces(packet, 1400)
    assert len(expectation.outputs) == pieces, (size, len(expectation.outputs))
    case(row, V4, f"{size} bytes without DF go in {pieces} pieces over a way of 1400", comes(packet, expectation), **sized)
packet = free_to_cut(53, 1400)
case(row, V4, "1400 bytes without DF go whole over a way of 1400", comes(packet, direct(packet)), **sized)
packet = free_to_cut(53, 1500)
case(row, V4, "padding is in no piece", Packet(frame(packet) + b"\xee" * 10, in_pieces(packet, 1400)), **sized)
packet = free_to_cut(53, 1500, options=[IPOption_NOP()] * 12)
case(row, V4, "options that do nothing are in each piece", comes(packet, in_pieces(packet, 1400)), **sized)
packet = V4.ip() / ack(flags="PA") / Raw(payload(1460))
case(row, V4, "a segment without DF goes in pieces", comes(packet, in_pieces(packet, 1400)), **sized)
packet = free_to_cut(60, 100)
case(row, V4, "the least way there is carries 48 bytes a piece", comes(packet, in_pieces(packet, 68)), **sized)
packet = free_to_cut(53, 1500, tos=3, ttl=7)
case(row, V4, "each piece has the packet's class, TTL and identification", comes(packet, in_pieces(packet, 1400)), **sized)

# RFC 791 3.1: an option without the copied flag is the first piece's alone; no operations keep the length.
record = IPOption_RR(pointer=4, routers=["0.0.0.0"])
packet = V4.ip(options=[record, IPOption_NOP()]) / udp() / Raw(payload(1400))
whole = IP(bytes(packet))
first, last = cut(whole, 1400)
bare = V4.ip(options=[IPOption_NOP()] * 8, frag=last.frag, proto=17) / Raw(bytes(last.payload))
case(
    row,
    V4,
    "an option not to be copied is in the first piece alone",
    comes(packet, Expectation("forward", "forwarded", [Output(first), Output(bare)])),
    **sized,
)

ours = Datagram(V4, udp(), length=4000, size=1480)
case(
    row,
    V4,
    "fragments that do not fit are cut again, and count on",
    *(comes(piece, in_pieces(piece, 1400)) for piece in ours.pieces()),
    **sized,
)

for way, configuration, port in METHODS:
    mtu = {"topology": 1600, "gue": 1620, "gre": 1620}[configuration]
    room = mtu - way.overhead
    packet = free_to_cut(port, 3000)
    case(
        row,
        V4,
        f"3000 bytes without DF are cut, and each piece goes by {way}",
        comes(packet, in_pieces(packet, room, way)),
        configuration=configuration,
    )
    packet = free_to_cut(port, room)
    case(
        row,
        V4,
        f"what just fits inside {way} without DF goes whole",
        comes(packet, way.carries(packet)),
        configuration=configuration,
    )
    packet = free_to_cut(port, room + 1)
    case(
        row,
        V4,
        f"a byte more than fits inside {way} without DF makes two pieces",
        comes(packet, in_pieces(packet, room, way)),
        configuration=configuration,
    )

row = "size-v6"


def outer_pieces(way, packet, mtu):
    """The outer packet around `packet` in fragments: RFC 2473 7.1, RFC 4213 3.2.1, for the end of the tunnel to put together."""
    outer, free = way.wrap(packet, group="flow")
    data = bytes(outer)[way.far.header :]
    number = {"ipip": 41, "gue": 17, "gre": 47}[way.method]
    head = way.far.header + (8 if way.far is V6 else 0)
    most = (mtu - head) // 8 * 8
    outputs = []
    for start in range(0, len(data), most):
        more = start + most < len(data)
        part = Raw(data[start : start + most])
        if way.far is V6:
            piece = (
                IPv6(src=way.source, dst=way.end, hlim=64, tc=packet.tc, nh=44)
                / IPv6ExtHdrFragment(nh=number, offset=start // 8, m=int(more))
                / part
            )
            fields = [Field(0, 4, "nonzero", mask="000fffff", group="flow"), Field(44, 4, "datagram")]
        else:
            piece = (
                IP(
                    src=way.source,
                    dst=way.end,
                    ttl=64,
                    tos=packet.tc,
                    proto=number,
                    flags="MF" if more else 0,
                    frag=start // 8,
                    id=0,
                )
                / part
            )
            fields = [Field(4, 2, "datagram"), Field(10, 2, "ip-checksum")]
        if way.method == "gue" and start == 0:
            fields.append(Field(head, 2, "range", low=49152, high=65535))
        outputs.append(Output(piece, to=FAR, source=SECOND, free=fields, interface="eth1"))
    return Expectation("forward", "forwarded", outputs)


for way, port, mtu in (
    (Path("ipip", V6, end="2001:db8:1::60"), 1260, 1300),
    (Path("ipip", V4, end="10.1.0.70"), 1270, 1290),
    (Path("gre", V6, checksum=True, end="2001:db8:1::62"), 1262, 1310),
    (Path("gue", V4, end="10.1.0.72"), 1272, 1304),
):
    least = mtu - way.overhead + 1
    for size in (least, 1280):
        packets = [datagram(V6, port, size, tos=0xB9), datagram(V6, port, size, tos=0xB9)]
        case(
            row,
            V6,
            f"{size} bytes by {way} over {mtu} go in outer fragments, of two identifications",
            *(comes(packet, outer_pieces(way, packet, mtu)) for packet in packets),
            **sized,
        )
    packet = datagram(V6, port, least - 1)
    case(row, V6, f"what just fits inside {way} over {mtu} goes whole", comes(packet, way.carries(packet)), **sized)
    case(
        row,
        V6,
        f"1281 bytes by {way} over {mtu} are answered with 1280",
        comes(datagram(V6, port, 1281), answered("answered-too-big", too_big(V6, datagram(V6, port, 1281), 1280))),
        **sized,
    )
