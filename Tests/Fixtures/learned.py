"""ICMP too-big errors about outer packets of the director: the MTU is learned for ten minutes, clients are answered with it."""

from fixture import *
from scapy.layers.inet import ICMP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig
from size import datagram, answered_too_big
from tunnels import METHODS
from paths import Path

row = "size-learned"
SENDER = {4: "198.51.100.9", 6: "2001:db8:99::9"}  # a router on the path to the tunnel's end
LEARNED = dropped("dropped-learned-mtu")
LOW = 1400
TEN_MINUTES = 600


def error(path, inner, mtu, length=None, message=None, **fields):
    """A router's error about the outer packet around `inner`, with a quote of `length` bytes."""
    far = path.far
    if message is None:
        message = ICMP(type=3, code=4, nexthopmtu=mtu) if far is V4 else ICMPv6PacketTooBig(mtu=mtu)
    quoted = bytes(path.wrap(inner)[0])[: length or (548 if far is V4 else 1232)]
    return far.ip(**({"src": SENDER[far.number], "dst": path.source} | fields)) / message / Raw(quoted)


for path, configuration, port in METHODS:
    where = {"configuration": configuration}
    needed = path.far.header + 8  # of the outer packet in the quote
    for f in BOTH:
        room = LOW - path.overhead
        large, fits, small = datagram(f, port, room + 1), datagram(f, port, room), datagram(f, port, 300)
        learns = comes(error(path, large, LOW, needed), LEARNED)
        case(
            row,
            f,
            f"a client is answered with what fits inside {path} once the MTU is learned",
            comes(large, path.carries(large)),
            learns,
            answered_too_big(f, large, room),
            comes(fits, path.carries(fits)),
            **where,
        )
        case(
            row,
            f,
            f"the learned MTU of {path} expires after ten minutes",
            learns,
            Packet(frame(large), answered_too_big(f, large, room).expectation, time=TEN_MINUTES - 1),
            comes(large, path.carries(large), time=TEN_MINUTES),
            **where,
        )

for far in BOTH:
    path, port = Path("ipip", far), far.number
    for f in BOTH:
        room = LOW - path.overhead
        large = datagram(f, port, room + 1)
        learns = comes(error(path, large, LOW), LEARNED)
        again = comes(error(path, large, LOW), LEARNED, time=500)
        case(
            row,
            f,
            f"a repeated error extends the learned MTU of {path} by ten minutes",
            learns,
            again,
            Packet(frame(large), answered_too_big(f, large, room).expectation, time=1099),
            comes(large, path.carries(large), time=1100),
        )
        higher = comes(error(path, large, LOW + 50), LEARNED)
        case(row, f, f"a higher MTU does not replace a lower one of {path}", learns, higher, answered_too_big(f, large, room))
        case(
            row,
            f,
            f"an MTU above the route's is ignored for {path}",
            comes(error(path, large, 9000), LEARNED),
            comes(large, path.carries(large)),
        )
        if far is V6:
            case(
                row,
                f,
                "an MTU below 1280 is ignored for IPv6",
                comes(error(path, large, 1279), LEARNED),
                comes(large, path.carries(large)),
            )
        else:
            case(
                row,
                f,
                "an MTU of 0, from a router older than RFC 1191, means the next lower plateau",
                comes(error(path, datagram(f, port, 1480), 0), LEARNED),
                answered_too_big(f, datagram(f, port, 1473), 1472),
            )
        broken = bytes(error(path, large, LOW))
        case(
            "refuse-checksum",
            f,
            f"an error about a packet of {path} with a wrong ICMP checksum is dropped",
            comes(broken[:-1] + bytes([broken[-1] ^ 1]), dropped("dropped-bad-checksum")),
            comes(large, path.carries(large)),
        )
        case(
            "icmp-error-other",
            f,
            f"an error about a packet of {path} to another address than the tunnel's end goes to the kernel",
            comes(error(Path("ipip", far, end=far.other), large, LOW), passed()),
        )
        case(
            "icmp-error-other",
            f,
            f"an error that quotes too little of a packet of {path} goes to the kernel",
            comes(error(path, large, LOW, far.header + 7), passed()),
        )
        other = ICMP(type=3, code=1) if far is V4 else ICMPv6DestUnreach(code=0)
        case(
            "icmp-error-other",
            f,
            f"host unreachable about a packet of {path} goes to the kernel",
            comes(error(path, large, 0, message=other), passed()),
        )
for method in ("gue",):
    for far in BOTH:
        path = Path(method, far, port=9999)
        inner = datagram(V4, far.number, 1400)
        case(
            "icmp-error-other",
            far,
            "an error about UDP to the tunnel's end on another port goes to the kernel",
            comes(error(path, inner, LOW), passed()),
            configuration=method,
        )
