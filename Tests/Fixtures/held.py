"""Later fragments that arrive before their first: held, then sent after it or dropped."""

from fixture import *
from datagrams import Datagram
from tunnels import METHODS


def held(packet, after, **more):
    """Held, then sent after packet `after` of the case."""
    expectation = direct(packet, **more)
    expectation.verdict, expectation.more = "hold", {"after": after}
    return expectation


LATE = Expectation("hold", "dropped-late-fragment")
FULL = Expectation("drop", "dropped-late-fragment")
row = "fragments-held"
for f in BOTH:
    ours = Datagram(f, udp())
    first, second, third = ours.fragments()
    case(
        row,
        f,
        "a later fragment that arrives early is sent after its first",
        comes(second, held(second, 2)),
        comes(first, direct(first)),
        comes(third, direct(third)),
    )
    case(
        row,
        f,
        "two later fragments that arrive early are sent after their first",
        comes(third, held(third, 3)),
        comes(second, held(second, 3)),
        comes(first, direct(first)),
    )
    case(
        row,
        f,
        "a held fragment waits while other packets are forwarded",
        comes(second, held(second, 3)),
        comes(f.ip() / syn(), direct(f.ip() / syn())),
        comes(first, direct(first)),
    )
    case(
        row,
        f,
        "a fragment is sent if the first arrives a second later",
        comes(second, held(second, 2)),
        comes(first, direct(first), time=1),
    )
    case(
        row,
        f,
        "a fragment is dropped if the first arrives two seconds later",
        comes(second, LATE),
        comes(first, direct(first), time=2),
    )
    case(row, f, "a fragment is dropped if the first never arrives", comes(second, LATE))
    case(
        row,
        f,
        "31 seconds after the first, a fragment is held, then dropped",
        comes(first, direct(first)),
        comes(second, LATE, time=31),
    )
    other = Datagram(f, udp(), id=78)
    case(
        row,
        f,
        "the first fragment of another datagram releases nothing",
        comes(second, LATE),
        comes(other.fragment(0), direct(other.fragment(0))),
    )
    case(
        row,
        f,
        "256 fragments are held, the next is dropped",
        comes(second, held(second, 258), count=256),
        comes(second, FULL),
        comes(first, direct(first)),
    )
    kernels = Datagram(f, udp(54))
    case(
        "steer-later-fragment",
        f,
        "an early fragment of a kernel's datagram is released to the kernel",
        comes(kernels.fragment(1), Expectation("hold", "not-for-service")),
        comes(kernels.fragment(0), passed()),
    )
    tiny = Datagram(f, ack(), size=16)
    case(
        "refuse-tiny-fragment",
        f,
        "an early fragment is dropped if the first is too small",
        comes(tiny.fragment(1), Expectation("hold", "dropped-fragment")),
        comes(tiny.fragment(0), dropped("dropped-fragment")),
    )
    refused = ours.fragment(1, ttl=0)
    case("refuse-length", f, "an early fragment with TTL or hop limit 0 is not held", comes(refused, dropped("dropped-ttl")))
    for path, configuration, port in METHODS[:2]:
        early = Datagram(f, udp(port))
        expectation = path.carries(early.fragment(1), group="flow")
        expectation.verdict, expectation.more = "hold", {"after": 2}
        case(
            row,
            f,
            f"an early fragment goes through {path} like its flow",
            comes(early.fragment(1), expectation),
            comes(early.fragment(0), path.carries(early.fragment(0), group="flow")),
            configuration=configuration,
        )
early = Datagram(V4, udp())
foreign = Datagram(V4, ack())
case(
    row,
    V4,
    "the first fragment of another protocol releases nothing",
    comes(early.fragment(1), LATE),
    comes(foreign.fragment(0), direct(foreign.fragment(0))),
)
early = Datagram(V6, udp())
stranger = early.fragment(1, number=6)
case(
    row,
    V6,
    "a first fragment releases one with another protocol number",
    comes(stranger, held(stranger, 2)),
    comes(early.fragment(0), direct(early.fragment(0))),
)
