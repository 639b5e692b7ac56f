"""Later fragments that arrive after their first: all fragments of a datagram reach one real server."""

from answers import unreachable
from fixture import *
from datagrams import Datagram
from refusals import changed, rechecksummed
from scapy.layers.inet import IPOption_NOP
from scapy.layers.inet6 import IPv6ExtHdrDestOpt, PadN
from tunnels import METHODS

THIRD = "02:00:00:00:00:33"


def arrive(packets, wanted, **more):
    return [comes(packet, wanted(packet), **more) for packet in packets]


def third(packet):
    return direct(packet, to=THIRD)


for f in BOTH:
    row = "fragments"
    several = {"configuration": "several"}
    servers = [f.server[:-1] + digit for digit in "2345"]
    for name, transport in (("a datagram", udp), ("a segment", ack)):
        for sport in (40000, 40001, 40005):
            fragments = Datagram(f, transport(sport=sport)).fragments()
            case(
                row,
                f,
                f"fragments of {name} from port {sport} go to the server of the first",
                comes(fragments[0], to_one_of(servers, fragments[0])),
                *(comes(part, to_server_of(1, part)) for part in fragments[1:]),
                **several,
            )
    fragments = Datagram(f, udp(), length=8000, size=1448).fragments()
    case(row, f, "6 fragments of a datagram of 8 KB arrive unchanged", *arrive(fragments, direct))
    fragments = Datagram(f, udp()).fragments(0, 2, 1)
    case(row, f, "later fragments may come in any order", *arrive(fragments, direct))
    fragments = Datagram(f, udp()).fragments(0, 1, 1, 2, 2)
    case(row, f, "fragments that arrive twice are forwarded twice", *arrive(fragments, direct))
    fragments = Datagram(f, udp()).fragments()
    case(
        row,
        f,
        "later fragments may have other tags",
        comes(fragments[0], direct(fragments[0]), tags=[100]),
        comes(fragments[1], direct(fragments[1]), tags=[5, 6]),
        comes(fragments[2], direct(fragments[2])),
    )
    ours, theirs = Datagram(f, udp(53), id=1, dst=f.any_vip), Datagram(f, udp(54), id=2, dst=f.any_vip)
    case(
        row,
        f,
        "of two alternating datagrams each follows its own first fragment",
        *(
            comes(part, wanted(part))
            for index in range(3)
            for part, wanted in ((ours.fragment(index), direct), (theirs.fragment(index), third))
        ),
    )
    ours, theirs = Datagram(f, udp(53), dst=f.any_vip), Datagram(f, udp(54), dst=f.any_vip, src=f.client[:-1] + "2")
    case(
        row,
        f,
        "the same identification of another source is another datagram",
        *(
            comes(part, wanted(part))
            for index in range(3)
            for part, wanted in ((ours.fragment(index), direct), (theirs.fragment(index), third))
        ),
    )
    again = Datagram(f, udp(54), dst=f.any_vip)
    ours = Datagram(f, udp(53), dst=f.any_vip)
    case(
        row,
        f,
        "a reused identification belongs to the new datagram",
        *arrive(ours.fragments(0, 1), direct),
        *arrive(again.fragments(0, 1, 2), third),
    )
    ours = Datagram(f, udp())
    case(
        row,
        f,
        "30 seconds later a fragment still follows its first",
        comes(ours.fragment(0), direct(ours.fragment(0))),
        comes(ours.fragment(1), direct(ours.fragment(1)), time=30),
    )
    big, small = Datagram(f, udp(), size=256), Datagram(f, udp(), size=248)
    case(
        "options",
        f,
        "overlapping fragments are forwarded to one server, not reassembled",
        *arrive([big.fragment(0), small.fragment(1), big.fragment(1), small.fragment(2), big.fragment(2)], direct),
    )
    case(
        "direct",
        f,
        "a later fragment reaches the real server byte for byte",
        *arrive(Datagram(f, udp(), length=333, size=8).fragments(0, 5, 42), direct),
    )

    row = "steer-later-fragment"
    unserved = Datagram(f, udp(54))
    case(
        row,
        f,
        "later fragments of a datagram to a port without a service go to the kernel",
        *[comes(part, passed()) for part in unserved.fragments()],
    )
    unserved = Datagram(f, udp(54), src=f.other)
    case(
        row,
        f,
        "later fragments of a service's and of a kernel's datagram are kept apart",
        *(
            comes(part, wanted)
            for index in range(3)
            for part, wanted in (
                (Datagram(f, udp()).fragment(index), direct(Datagram(f, udp()).fragment(index))),
                (unserved.fragment(index), passed()),
            )
        ),
    )

    row = "refuse-tiny-fragment"
    for name, transport, size in (("TCP", ack, 16), ("TCP", ack, 8)):
        tiny = Datagram(f, transport(), size=size)
        case(
            row,
            f,
            f"later {name} fragments are dropped if the first has {size} bytes",
            *[comes(part, dropped("dropped-fragment")) for part in tiny.fragments(0, 1, 2)],
        )
    refused = Datagram(f, udp(), ttl=0)
    case(
        row,
        f,
        "later fragments are dropped if the first is refused",
        comes(refused.fragment(0), dropped("dropped-ttl")),
        comes(refused.fragment(1, ttl=63), dropped("dropped-fragment")),
    )

    ours = Datagram(f, udp())
    opening = comes(ours.fragment(0), direct(ours.fragment(0)))
    later = ours.fragment(1)
    case(
        "refuse-length",
        f,
        "a later fragment with TTL or hop limit 0 is dropped",
        opening,
        comes(ours.fragment(1, ttl=0), dropped("dropped-ttl")),
    )
    case(
        "refuse-length",
        f,
        "a later fragment cut by a byte is dropped",
        opening,
        comes(bytes(later)[:-1], dropped("dropped-bad-length")),
    )
    case(
        "padding",
        f,
        "padding after a later fragment does not go through a tunnel",
        *(Packet(frame(part) + b"\xee" * 9, METHODS[0][0].carries(part)) for part in Datagram(f, udp(4)).fragments()),
    )

    row = "fragments"
    case(
        "flow-no-server",
        f,
        "of a datagram without a live server only the first fragment is answered",
        comes(ours.fragment(0), answered("answered-unreachable", unreachable(f, ours.fragment(0)))),
        *[comes(part, dropped("dropped-no-server")) for part in ours.fragments(1, 2)],
        configuration="dead",
    )
    case(
        "flow-drain",
        f,
        "later fragments stay with their server while it drains",
        *arrive(ours.fragments(0, 1, 2), direct),
        configuration="one",
        at=[(2, "drained")],
    )
    case(
        "flow-server-gone",
        f,
        "later fragments are dropped when their server was removed",
        opening,
        *[comes(part, dropped("dropped-server-gone")) for part in ours.fragments(1, 2)],
        configuration="one",
        at=[(2, "gone")],
    )

for path, configuration, port in METHODS:
    for f in BOTH:
        ours = Datagram(f, udp(port))
        case(
            "tunnel-hash",
            f,
            f"later fragments go through {path} like their first",
            *(comes(part, path.carries(part, group="flow")) for part in ours.fragments()),
            configuration=configuration,
        )

# RFC 8200 4.5: source, destination and identification identify a datagram; the next header of its fragments may differ.
ours = Datagram(V6, udp())
case(
    "fragments",
    V6,
    "a later fragment with another protocol number belongs to the same datagram",
    *arrive([ours.fragment(0), ours.fragment(1, number=6), ours.fragment(2, number=132)], direct),
)
options = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
ours = Datagram(V6, udp(), first_header=options)
case("fragments", V6, "later fragments follow their first behind destination options", *arrive(ours.fragments(), direct))
ours, theirs = Datagram(V4, udp()), Datagram(V4, ack())
case(
    "fragments",
    V4,
    "the same identification of another protocol is another datagram",
    *arrive(
        [ours.fragment(0), theirs.fragment(0), ours.fragment(1), theirs.fragment(1), ours.fragment(2), theirs.fragment(2)],
        direct,
    ),
)
ours, other = Datagram(V4, udp(53), dst=V4.any_vip), Datagram(V4, udp(53), dst=V4.any_vip)
packet = bytes(other.fragment(1))
case(
    "refuse-checksum",
    V4,
    "a later fragment with a wrong header checksum is dropped",
    *arrive([ours.fragment(0)], direct),
    comes(changed(packet, (10, packet[10] ^ 1)), dropped("dropped-bad-checksum")),
)
ours = Datagram(V4, udp(), options=[IPOption_NOP()] * 8)
case("options", V4, "fragments with options follow their first", *arrive(ours.fragments(), direct))
