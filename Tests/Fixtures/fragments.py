"""Fragments that come after their first: all of a datagram to one real server."""

from answers import unreachable
from fixture import *
from pieces import Datagram
from refusals import changed, mended
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
            pieces = Datagram(f, transport(sport=sport)).pieces()
            case(
                row,
                f,
                f"fragments of {name} from port {sport} go to the server of the first",
                comes(pieces[0], to_one_of(servers, pieces[0])),
                *(comes(piece, to_server_of(1, piece)) for piece in pieces[1:]),
                **several,
            )
    pieces = Datagram(f, udp(), length=8000, size=1448).pieces()
    case(row, f, "6 fragments of a datagram of 8 KB arrive as they are", *arrive(pieces, direct))
    pieces = Datagram(f, udp()).pieces(0, 2, 1)
    case(row, f, "fragments behind the first may come in any order", *arrive(pieces, direct))
    pieces = Datagram(f, udp()).pieces(0, 1, 1, 2, 2)
    case(row, f, "fragments that come twice are forwarded twice", *arrive(pieces, direct))
    pieces = Datagram(f, udp()).pieces()
    case(
        row,
        f,
        "tags of later fragments may be others",
        comes(pieces[0], direct(pieces[0]), tags=[100]),
        comes(pieces[1], direct(pieces[1]), tags=[5, 6]),
        comes(pieces[2], direct(pieces[2])),
    )
    ours, theirs = Datagram(f, udp(53), id=1, dst=f.any_vip), Datagram(f, udp(54), id=2, dst=f.any_vip)
    case(
        row,
        f,
        "two datagrams by turns each follow their own first",
        *(
            comes(piece, wanted(piece))
            for index in range(3)
            for piece, wanted in ((ours.piece(index), direct), (theirs.piece(index), third))
        ),
    )
    ours, theirs = Datagram(f, udp(53), dst=f.any_vip), Datagram(f, udp(54), dst=f.any_vip, src=f.client[:-1] + "2")
    case(
        row,
        f,
        "the same identification of another source is another datagram",
        *(
            comes(piece, wanted(piece))
            for index in range(3)
            for piece, wanted in ((ours.piece(index), direct), (theirs.piece(index), third))
        ),
    )
    again = Datagram(f, udp(54), dst=f.any_vip)
    ours = Datagram(f, udp(53), dst=f.any_vip)
    case(
        row,
        f,
        "an identification that comes again is the new datagram's",
        *arrive(ours.pieces(0, 1), direct),
        *arrive(again.pieces(0, 1, 2), third),
    )
    ours = Datagram(f, udp())
    case(
        row,
        f,
        "30 seconds later a fragment still follows its first",
        comes(ours.piece(0), direct(ours.piece(0))),
        comes(ours.piece(1), direct(ours.piece(1)), time=30),
    )
    big, small = Datagram(f, udp(), size=256), Datagram(f, udp(), size=248)
    case(
        "options",
        f,
        "fragments that overlap are forwarded, all to one server, and not put together",
        *arrive([big.piece(0), small.piece(1), big.piece(1), small.piece(2), big.piece(2)], direct),
    )
    case(
        "direct",
        f,
        "a later fragment reaches the real server byte for byte",
        *arrive(Datagram(f, udp(), length=333, size=8).pieces(0, 5, 42), direct),
    )

    row = "steer-later-fragment"
    nobodys = Datagram(f, udp(54))
    case(
        row,
        f,
        "later fragments of a datagram to a port without a service are the kernel's",
        *[comes(piece, passed()) for piece in nobodys.pieces()],
    )
    nobodys = Datagram(f, udp(54), src=f.other)
    case(
        row,
        f,
        "of two datagrams, a service's and the kernel's, each keeps its later fragments",
        *(
            comes(piece, wanted)
            for index in range(3)
            for piece, wanted in (
                (Datagram(f, udp()).piece(index), direct(Datagram(f, udp()).piece(index))),
                (nobodys.piece(index), passed()),
            )
        ),
    )

    row = "refuse-tiny-fragment"
    for name, transport, size in (("TCP", ack, 16), ("TCP", ack, 8)):
        tiny = Datagram(f, transport(), size=size)
        case(
            row,
            f,
            f"of {name} whose first fragment has {size} bytes the later ones are dropped too",
            *[comes(piece, dropped("dropped-fragment")) for piece in tiny.pieces(0, 1, 2)],
        )
    refused = Datagram(f, udp(), ttl=0)
    case(
        row,
        f,
        "of a datagram whose first fragment is refused the later ones are dropped",
        comes(refused.piece(0), dropped("dropped-ttl")),
        comes(refused.piece(1, ttl=63), dropped("dropped-fragment")),
    )

    ours = Datagram(f, udp())
    opening = comes(ours.piece(0), direct(ours.piece(0)))
    later = ours.piece(1)
    case(
        "refuse-length",
        f,
        "a later fragment with TTL or hop limit 0 is dropped",
        opening,
        comes(ours.piece(1, ttl=0), dropped("dropped-ttl")),
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
        "padding after a later fragment does not travel by a tunnel",
        *(Packet(frame(piece) + b"\xee" * 9, METHODS[0][0].carries(piece)) for piece in Datagram(f, udp(4)).pieces()),
    )

    row = "fragments"
    case(
        "flow-no-server",
        f,
        "of a datagram without a live server only the first fragment is answered",
        comes(ours.piece(0), answered("answered-unreachable", unreachable(f, ours.piece(0)))),
        *[comes(piece, dropped("dropped-no-server")) for piece in ours.pieces(1, 2)],
        configuration="dead",
    )
    case(
        "flow-drain",
        f,
        "fragments of a datagram that has begun stay while its server drains",
        *arrive(ours.pieces(0, 1, 2), direct),
        configuration="one",
        at=[(2, "drained")],
    )
    case(
        "flow-server-gone",
        f,
        "fragments of a datagram whose server goes before them are dropped",
        opening,
        *[comes(piece, dropped("dropped-server-gone")) for piece in ours.pieces(1, 2)],
        configuration="one",
        at=[(2, "gone")],
    )

for way, configuration, port in METHODS:
    for f in BOTH:
        ours = Datagram(f, udp(port))
        case(
            "tunnel-hash",
            f,
            f"later fragments go by {way} as their first does",
            *(comes(piece, way.carries(piece, group="flow")) for piece in ours.pieces()),
            configuration=configuration,
        )

# RFC 8200 4.5: source, destination and identification name a datagram; what its fragments say comes next may differ.
ours = Datagram(V6, udp())
case(
    "fragments",
    V6,
    "a later fragment that names another protocol is of the same datagram",
    *arrive([ours.piece(0), ours.piece(1, number=6), ours.piece(2, number=132)], direct),
)
options = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
ours = Datagram(V6, udp(), first_header=options)
case("fragments", V6, "later fragments behind a header of options follow", *arrive(ours.pieces(), direct))
ours, theirs = Datagram(V4, udp()), Datagram(V4, ack())
case(
    "fragments",
    V4,
    "the same identification of another protocol is another datagram",
    *arrive([ours.piece(0), theirs.piece(0), ours.piece(1), theirs.piece(1), ours.piece(2), theirs.piece(2)], direct),
)
ours, other = Datagram(V4, udp(53), dst=V4.any_vip), Datagram(V4, udp(53), dst=V4.any_vip)
packet = bytes(other.piece(1))
case(
    "refuse-checksum",
    V4,
    "a later fragment with a wrong header checksum is dropped",
    *arrive([ours.piece(0)], direct),
    comes(changed(packet, (10, packet[10] ^ 1)), dropped("dropped-bad-checksum")),
)
ours = Datagram(V4, udp(), options=[IPOption_NOP()] * 8)
case("options", V4, "fragments with options follow their first", *arrive(ours.pieces(), direct))
