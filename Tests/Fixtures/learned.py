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
REFUSED = dropped("dropped-refused-mtu")
LOW = 1400
TEN_MINUTES = 600
LEAST = {4: 0, 6: 1280}  # the lowest MTU that clients are answered with


def error(path, inner, mtu, length=None, message=None, claimed=None, change=None, **fields):
    """A router's error about the outer packet around `inner`, with a quote of `length` bytes. `claimed`: the packet's length by its header."""
    far = path.far
    if message is None:
        message = ICMP(type=3, code=4, nexthopmtu=mtu) if far is V4 else ICMPv6PacketTooBig(mtu=mtu)
    quoted = path.sent(inner, claimed)
    if change:
        change(quoted)
    quoted = bytes(quoted)[: length or (548 if far is V4 else 1232)]
    return far.ip(**({"src": SENDER[far.number], "dst": path.source} | fields)) / message / Raw(quoted)


def back(packet, expectation, time=0, **link):
    """Arrives on the link by which the tunnel's packets leave."""
    return comes(packet, expectation, time, **({"to": SECOND, "source": FAR} | link))


for path, configuration, port in METHODS:
    where = {"configuration": configuration}
    for f in BOTH:
        room = LOW - path.overhead
        large, fits = datagram(f, port, room + 1), datagram(f, port, room)
        sent = comes(large, path.carries(large))
        learns = back(error(path, large, LOW), LEARNED)
        case(
            row,
            f,
            f"a client is answered with what fits inside {path} once the MTU is learned",
            sent,
            learns,
            answered_too_big(f, large, room),
            comes(fits, path.carries(fits)),
            **where,
        )
        case(
            row,
            f,
            f"the learned MTU of {path} expires after ten minutes",
            sent,
            learns,
            Packet(frame(large), answered_too_big(f, large, room).expectation, time=TEN_MINUTES - 1),
            comes(large, path.carries(large), time=TEN_MINUTES),
            **where,
        )
        case(
            row,
            f,
            f"an error about a flow that does not exist is refused for {path}",
            back(error(path, large, LOW), REFUSED),
            sent,
            back(error(path, datagram(f, port, room + 1, src=f.other), LOW), REFUSED),
            comes(large, path.carries(large)),
            **where,
        )
        case(
            row,
            f,
            f"an error that does not come from the link of {path} is refused",
            sent,
            comes(error(path, large, LOW), REFUSED),
            back(error(path, large, LOW), REFUSED, tags=[7]),
            comes(large, path.carries(large)),
            **where,
        )
        needed = path.far.header + 8  # of the outer packet in the shortest quote
        short = back(error(path, large, LOW, needed), LEARNED if path.far is V4 else REFUSED)
        after = answered_too_big(f, large, room) if path.far is V4 else comes(large, path.carries(large))
        case(row, f, f"the shortest quote of a packet of {path} is {'' if path.far is V4 else 'not '}believed", sent, short, after, **where)
        if path.far is V4:
            keyed = path.method == "gue"
            case(
                row,
                f,
                f"an MTU below 1280 is {'learned step by step' if keyed else 'refused'} for {path}",
                sent,
                back(error(path, large, 1200, needed), REFUSED),
                back(error(path, large, 551), REFUSED),
                back(error(path, large, 1200), LEARNED if keyed else REFUSED),
                back(error(path, large, 1200), LEARNED if keyed else REFUSED),
                answered_too_big(f, large, max(1280 - path.overhead, LEAST[f.number])) if keyed else comes(large, path.carries(large)),
                back(error(path, large, 1200, claimed=1280), LEARNED if keyed else REFUSED),
                answered_too_big(f, large, max(1200 - path.overhead, LEAST[f.number])) if keyed else comes(large, path.carries(large)),
                **where,
            )
        if path.far is V6 or path.method == "gue":

            def other(quoted, path=path):
                if path.method == "gue":
                    quoted[UDP].sport ^= 1
                else:
                    quoted.fl ^= 1

            case(
                row,
                f,
                f"an error about a packet of {path} with another {'source port' if path.method == 'gue' else 'flow label'} is refused",
                sent,
                back(error(path, large, LOW, change=other), REFUSED),
                comes(large, path.carries(large)),
                **where,
            )

for far in BOTH:
    path, port = Path("ipip", far), far.number
    for f in BOTH:
        room = LOW - path.overhead
        large = datagram(f, port, room + 1)
        sent = comes(large, path.carries(large))
        learns = back(error(path, large, LOW), LEARNED)
        # A small packet of the flow, so that it is known then.
        small = datagram(f, port, 300)
        alive = comes(small, path.carries(small), time=250)
        again = back(error(path, large, LOW), LEARNED, time=500)
        case(
            row,
            f,
            f"a repeated error extends the learned MTU of {path} by ten minutes",
            sent,
            learns,
            alive,
            again,
            Packet(frame(large), answered_too_big(f, large, room).expectation, time=1099),
            comes(large, path.carries(large), time=1100),
        )
        case(
            row,
            f,
            f"a higher MTU does not replace or extend a lower one of {path}",
            sent,
            learns,
            alive,
            back(error(path, large, LOW + 50, claimed=1500), LEARNED, time=500),
            Packet(frame(large), answered_too_big(f, large, room).expectation, time=TEN_MINUTES - 1),
            comes(large, path.carries(large), time=TEN_MINUTES),
        )
        case(
            row,
            f,
            f"an MTU that the packet would have fitted, or above the route's, is refused for {path}",
            sent,
            back(error(path, large, LOW + 1), REFUSED),
            back(error(path, large, 9000, claimed=9001), REFUSED),
            comes(large, path.carries(large)),
        )
        if far is V6:
            case(
                row,
                f,
                "an MTU below 1280 is refused for IPv6",
                sent,
                back(error(path, large, 1279), REFUSED),
                comes(large, path.carries(large)),
            )
        else:
            case(
                row,
                f,
                "an MTU of 0, from a router older than RFC 1191, means the next lower plateau",
                comes(datagram(f, port, 1480), path.carries(datagram(f, port, 1480))),
                back(error(path, datagram(f, port, 1480), 0), LEARNED),
                answered_too_big(f, datagram(f, port, 1473), 1472),
            )

            def plain(quoted):
                quoted.flags = 0

            case(
                row,
                f,
                "an error about an outer packet without DF is refused",
                sent,
                back(error(path, large, LOW, change=plain), REFUSED),
                comes(large, path.carries(large)),
            )
        broken = bytes(error(path, large, LOW))
        case(
            "refuse-checksum",
            f,
            f"an error about a packet of {path} with a wrong ICMP checksum is dropped",
            sent,
            back(broken[:-1] + bytes([broken[-1] ^ 1]), dropped("dropped-bad-checksum")),
            comes(large, path.carries(large)),
        )
        case(
            "icmp-error-other",
            f,
            f"an error about a packet of {path} to another address than the tunnel's end goes to the kernel",
            back(error(Path("ipip", far, end=far.other), large, LOW), passed()),
        )
        case(
            "icmp-error-other",
            f,
            f"an error that quotes too little of a packet of {path} goes to the kernel",
            back(error(path, large, LOW, far.header + 7), passed()),
        )
        other = ICMP(type=3, code=1) if far is V4 else ICMPv6DestUnreach(code=0)
        case(
            "icmp-error-other",
            f,
            f"host unreachable about a packet of {path} goes to the kernel",
            back(error(path, large, 0, message=other), passed()),
        )
for method in ("gue",):
    for far in BOTH:
        path = Path(method, far, port=9999)
        inner = datagram(V4, far.number, 1400)
        case(
            "icmp-error-other",
            far,
            "an error about UDP to the tunnel's end on another port goes to the kernel",
            back(error(path, inner, LOW), passed()),
            configuration=method,
        )
