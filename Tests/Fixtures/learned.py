"""ICMP too-big about the director's own outer packets: learned for ten minutes, told to clients."""

from fixture import *
from scapy.layers.inet import ICMP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig
from size import datagram, told
from tunnels import METHODS
from paths import Path

row = "size-learned"
WAY = {4: "198.51.100.9", 6: "2001:db8:99::9"}  # a router on the way to the tunnel's end
LEARNED = dropped("dropped-learned-mtu")
LOW = 1400
TEN_MINUTES = 600


def error(way, inner, mtu, length=None, message=None, **fields):
    """What a router says of the outer packet around `inner`, quoting `length` bytes."""
    far = way.far
    if message is None:
        message = ICMP(type=3, code=4, nexthopmtu=mtu) if far is V4 else ICMPv6PacketTooBig(mtu=mtu)
    quoted = bytes(way.wrap(inner)[0])[: length or (548 if far is V4 else 1232)]
    return far.ip(**({"src": WAY[far.number], "dst": way.source} | fields)) / message / Raw(quoted)


for way, configuration, port in METHODS:
    where = {"configuration": configuration}
    needed = way.far.header + 8  # of the outer packet in the quote
    for f in BOTH:
        room = LOW - way.overhead
        large, fits, small = datagram(f, port, room + 1), datagram(f, port, room), datagram(f, port, 300)
        learns = comes(error(way, large, LOW, needed), LEARNED)
        case(
            row,
            f,
            f"a client is told what fits inside {way} once the way's MTU is learned",
            comes(large, way.carries(large)),
            learns,
            told(f, large, room),
            comes(fits, way.carries(fits)),
            **where,
        )
        case(
            row,
            f,
            f"what was learned of {way} is forgotten after ten minutes",
            learns,
            Packet(frame(large), told(f, large, room).expectation, time=TEN_MINUTES - 1),
            comes(large, way.carries(large), time=TEN_MINUTES),
            **where,
        )

for far in BOTH:
    way, port = Path("ipip", far), far.number
    for f in BOTH:
        room = LOW - way.overhead
        large = datagram(f, port, room + 1)
        learns = comes(error(way, large, LOW), LEARNED)
        again = comes(error(way, large, LOW), LEARNED, time=500)
        case(
            row,
            f,
            f"told again of {way}, an MTU holds for ten minutes more",
            learns,
            again,
            Packet(frame(large), told(f, large, room).expectation, time=1099),
            comes(large, way.carries(large), time=1100),
        )
        higher = comes(error(way, large, LOW + 50), LEARNED)
        case(row, f, f"a higher MTU undoes no lower one of {way}", learns, higher, told(f, large, room))
        case(
            row,
            f,
            f"an MTU over the route's changes nothing of {way}",
            comes(error(way, large, 9000), LEARNED),
            comes(large, way.carries(large)),
        )
        if far is V6:
            case(
                row,
                f,
                "an MTU under 1280 is no IPv6 way's",
                comes(error(way, large, 1279), LEARNED),
                comes(large, way.carries(large)),
            )
        else:
            case(
                row,
                f,
                "an MTU of 0 is that of a router older than RFC 1191: the next lower there is",
                comes(error(way, datagram(f, port, 1480), 0), LEARNED),
                told(f, datagram(f, port, 1473), 1472),
            )
        broken = bytes(error(way, large, LOW))
        case(
            "refuse-checksum",
            f,
            f"an error about a packet of {way} with a wrong ICMP checksum is dropped",
            comes(broken[:-1] + bytes([broken[-1] ^ 1]), dropped("dropped-bad-checksum")),
            comes(large, way.carries(large)),
        )
        case(
            "icmp-error-other",
            f,
            f"an error about a packet to elsewhere than a tunnel's end, of {way}, is the kernel's",
            comes(error(Path("ipip", far, end=far.other), large, LOW), passed()),
        )
        case(
            "icmp-error-other",
            f,
            f"an error that quotes too little of a packet of {way} is the kernel's",
            comes(error(way, large, LOW, far.header + 7), passed()),
        )
        other = ICMP(type=3, code=1) if far is V4 else ICMPv6DestUnreach(code=0)
        case(
            "icmp-error-other",
            f,
            f"host unreachable about a packet of {way} is the kernel's",
            comes(error(way, large, 0, message=other), passed()),
        )
for method in ("gue",):
    for far in BOTH:
        way = Path(method, far, port=9999)
        inner = datagram(V4, far.number, 1400)
        case(
            "icmp-error-other",
            far,
            "UDP to a tunnel's end, to another port than the tunnel's, is the host's own: the kernel's",
            comes(error(way, inner, LOW), passed()),
            configuration=method,
        )
