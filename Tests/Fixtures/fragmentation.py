"""Packets that are fragmented: IPv4 without DF as inner fragments, IPv6 of at most 1280 bytes in outer fragments."""

from answers import too_big
from fixture import *
from datagrams import Datagram
from scapy.layers.inet import IPOption_NOP, IPOption_RR, fragment
from scapy.layers.inet6 import IPv6ExtHdrFragment
from size import datagram
from tunnels import METHODS
from paths import Path

row = "size-v4-no-df"
sized = {"configuration": "sizes"}


def cut(packet, room):
    """The fragments of an IPv4 packet for an MTU of `room`, each as large as possible."""
    head = packet.ihl * 4 if packet.ihl else len(bytes(packet)) - len(bytes(packet.payload))
    return fragment(packet, (room - head) // 8 * 8)


def fragmented(packet, room, path=None, **more):
    parts = [IP(bytes(part)) for part in cut(IP(bytes(packet)), room)]
    outputs = []
    for part in parts:
        if path is None:
            outputs.append(Output(onward(part), **more))
        else:
            outer, free = path.wrap(part, group="flow")
            outputs.append(Output(outer, to=FAR, source=SECOND, free=free, interface="eth1"))
    return Expectation("forward", "forwarded", outputs)


def without_df(port, size, **fields):
    return datagram(V4, port, size, flags=0, **fields)


for size, fragments in ((1401, 2), (1500, 2), (2772, 2), (2773, 3), (9000, 7)):
    packet = without_df(53, size)
    expectation = fragmented(packet, 1400)
    assert len(expectation.outputs) == fragments, (size, len(expectation.outputs))
    case(row, V4, f"{size} bytes without DF become {fragments} fragments at MTU 1400", comes(packet, expectation), **sized)
packet = without_df(53, 1400)
case(row, V4, "1400 bytes without DF are not fragmented at MTU 1400", comes(packet, direct(packet)), **sized)
packet = without_df(53, 1500)
case(row, V4, "padding is in no fragment", Packet(frame(packet) + b"\xee" * 10, fragmented(packet, 1400)), **sized)
packet = without_df(53, 1500, options=[IPOption_NOP()] * 12)
case(row, V4, "no-operation options are in each fragment", comes(packet, fragmented(packet, 1400)), **sized)
packet = V4.ip() / ack(flags="PA") / Raw(payload(1460))
case(row, V4, "a segment without DF is fragmented", comes(packet, fragmented(packet, 1400)), **sized)
packet = without_df(60, 100)
case(row, V4, "the minimum MTU carries 48 bytes in each fragment", comes(packet, fragmented(packet, 68)), **sized)
packet = without_df(53, 1500, tos=3, ttl=7)
case(row, V4, "each fragment has the packet's class and identification, and its TTL less one", comes(packet, fragmented(packet, 1400)), **sized)

# RFC 791 3.1: an option without the copied flag is in the first fragment only; no-operations keep the header's length.
record = IPOption_RR(pointer=4, routers=["0.0.0.0"])
packet = V4.ip(options=[record, IPOption_NOP()]) / udp() / Raw(payload(1400))
whole = IP(bytes(packet))
first, last = cut(whole, 1400)
bare = V4.ip(options=[IPOption_NOP()] * 8, frag=last.frag, proto=17) / Raw(bytes(last.payload))
case(
    row,
    V4,
    "an option without the copied flag is in the first fragment only",
    comes(packet, Expectation("forward", "forwarded", [Output(onward(first)), Output(onward(bare))])),
    **sized,
)

ours = Datagram(V4, udp(), length=4000, size=1480)
case(
    row,
    V4,
    "fragments that do not fit are fragmented again, with added offsets",
    *(comes(part, fragmented(part, 1400)) for part in ours.fragments()),
    **sized,
)

for path, configuration, port in METHODS:
    mtu = {"topology": 1600, "gue": 1620, "gre": 1620}[configuration]
    room = mtu - path.overhead
    packet = without_df(port, 3000)
    case(
        row,
        V4,
        f"3000 bytes without DF are fragmented, and each fragment goes through {path}",
        comes(packet, fragmented(packet, room, path)),
        configuration=configuration,
    )
    packet = without_df(port, room)
    case(
        row,
        V4,
        f"a packet that just fits inside {path} without DF is not fragmented",
        comes(packet, path.carries(packet)),
        configuration=configuration,
    )
    packet = without_df(port, room + 1)
    case(
        row,
        V4,
        f"a byte more than fits inside {path} without DF makes two fragments",
        comes(packet, fragmented(packet, room, path)),
        configuration=configuration,
    )

row = "size-v6"


def outer_fragments(path, packet, mtu):
    """The outer packet around `packet` in fragments (RFC 2473 7.1, RFC 4213 3.2.1); the end of the tunnel reassembles them."""
    outer, free = path.wrap(packet, group="flow")
    data = bytes(outer)[path.far.header :]
    number = {"ipip": 41, "gue": 17, "gre": 47}[path.method]
    head = path.far.header + (8 if path.far is V6 else 0)
    most = (mtu - head) // 8 * 8
    outputs = []
    for start in range(0, len(data), most):
        more = start + most < len(data)
        part = Raw(data[start : start + most])
        if path.far is V6:
            part = (
                IPv6(src=path.source, dst=path.end, hlim=64, tc=packet.tc, nh=44)
                / IPv6ExtHdrFragment(nh=number, offset=start // 8, m=int(more))
                / part
            )
            fields = [Field(0, 4, "nonzero", mask="000fffff", group="flow"), Field(44, 4, "datagram")]
        else:
            part = (
                IP(
                    src=path.source,
                    dst=path.end,
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
        if path.method == "gue" and start == 0:
            fields.append(Field(head, 2, "range", low=49152, high=65535))
        outputs.append(Output(part, to=FAR, source=SECOND, free=fields, interface="eth1"))
    return Expectation("forward", "forwarded", outputs)


for path, port, mtu in (
    (Path("ipip", V6, end="2001:db8:1::60"), 1260, 1300),
    (Path("ipip", V4, end="10.1.0.70"), 1270, 1290),
    (Path("gre", V6, checksum=True, end="2001:db8:1::62"), 1262, 1310),
    (Path("gue", V4, end="10.1.0.72"), 1272, 1304),
):
    least = mtu - path.overhead + 1
    for size in (least, 1280):
        packets = [datagram(V6, port, size, tos=0xB9), datagram(V6, port, size, tos=0xB9)]
        case(
            row,
            V6,
            f"{size} bytes by {path} at MTU {mtu} go in outer fragments, each packet with its own identification",
            *(comes(packet, outer_fragments(path, packet, mtu)) for packet in packets),
            **sized,
        )
    packet = datagram(V6, port, least - 1)
    case(
        row,
        V6,
        f"a packet that just fits inside {path} at MTU {mtu} is not fragmented",
        comes(packet, path.carries(packet)),
        **sized,
    )
    case(
        row,
        V6,
        f"1281 bytes by {path} at MTU {mtu} are answered with 1280",
        comes(datagram(V6, port, 1281), answered("answered-too-big", too_big(V6, datagram(V6, port, 1281), 1280))),
        **sized,
    )
