"""The choice of the real server: new flows, known flows, their ends and timeouts, servers that drain or are removed.

Cases that change the configuration start with one server, `first`, and continue with another, `second`: a packet to `first` then
follows its flow's entry, one to `second` was scheduled anew.
"""

from fixture import *
from icmp import error, first_message, from_port, reply

THIRD = "02:00:00:00:00:33"
TIMEOUTS = {"established": 900, "syn": 60, "fin": 120, "close": 10, "udp": 300}  # the defaults (Docs/packets.md)


def first(packet):
    return direct(packet)


def second(packet):
    return direct(packet, to=THIRD)


def story(row, family, sentence, *steps, configuration="one", then="drained", **more):
    """Steps: (packet, expectation) with an optional time; None: change of the configuration."""
    packets, at, time = [], [], 0
    for step in steps:
        if step is None:
            at.append((len(packets) + 1, then))
        else:
            time = step[2] if len(step) > 2 else time
            packets.append(comes(step[0], step[1](step[0]) if callable(step[1]) else step[1], time=time))
    case(row, family, sentence, *packets, configuration=configuration, at=at, **more)


for f in BOTH:
    opening, going, ending, resetting = (f.ip() / t for t in (syn(), ack() / Raw(b"hi"), ack(flags="FA"), ack(flags="R")))
    datagram = f.ip() / udp() / Raw(b"hi")
    established = [(opening, first), (going, first)]

    row = "flow-new"
    several = {"configuration": "several"}
    servers = [f.server[:-1] + digit for digit in "2345"]
    case(
        row,
        f,
        "a SYN goes to one of the live servers, and all later packets follow",
        *(
            comes(opening, to_one_of(servers, opening)),
            comes(going, to_server_of(1, going)),
            comes(ending, to_server_of(1, ending)),
        ),
        **several,
    )
    case(
        row,
        f,
        "a datagram goes to one of the live servers, and all later ones follow",
        *(
            comes(datagram, to_one_of(servers, datagram)),
            comes(datagram, to_server_of(1, datagram), time=250),
            comes(datagram, to_server_of(1), time=500),
        ),
        **several,
    )
    case(
        row,
        f,
        "flows are spread over the live servers",
        *(
            comes(
                packet,
                Expectation(
                    "forward",
                    "forwarded",
                    [Output(onward(packet), free=[Field(-14, 6, "any", group=str(sport))])],
                    "eth0",
                    servers=servers,
                ),
                count=2,
            )
            for sport in range(40000, 40016)
            for packet in (f.ip() / syn(sport=sport),)
        ),
        **several,
    )
    case(
        row,
        f,
        "no flow goes to a server that drains",
        *(comes(f.ip() / syn(sport=sport), second(f.ip() / syn(sport=sport))) for sport in range(40000, 40012)),
        configuration="drained",
    )

    row = "flow-unknown"
    for name, packet in (
        ("an ACK", going),
        ("a FIN", ending),
        ("a RST", resetting),
        ("a SYN and ACK", f.ip() / ack(flags="SA")),
    ):
        for sport in (40000, 40007, 40013):
            known = f.ip() / syn(sport=sport)
            packet[TCP].sport = sport
            case(
                row,
                f,
                f"{name} of an unknown flow from port {sport} goes to the server that the hash selects for its SYN",
                *(comes(packet.copy(), to_one_of(servers, packet.copy())), comes(known, to_server_of(1, known), time=2000)),
                **several,
            )
        packet[TCP].sport = 40000
    story(row, f, "an ACK of an unknown flow starts a flow", (going, first), None, (going, first))
    story(row, f, "a RST of an unknown flow is forwarded and starts none", (resetting, first), None, (going, second))

    row = "flow-drain"
    story(row, f, "an established flow stays while its server drains", *established, None, (going, first), (ending, first))
    story(row, f, "a flow with only a SYN stays while its server drains", (opening, first), None, (going, first))
    story(row, f, "a flow of datagrams stays while its server drains", (datagram, first), None, (datagram, first))
    story(row, f, "a new flow goes elsewhere while a server drains", *established, None, (f.ip() / syn(sport=40001), second))
    story(
        row,
        f,
        "an unknown flow's ACK goes elsewhere while a server drains",
        *established,
        None,
        (f.ip() / ack(sport=40001), second),
    )
    story(row, f, "a repeated SYN of a flow with only a SYN stays", (opening, first), None, (opening, first))
    story(row, f, "a SYN of an established flow keeps its server", *established, None, (opening, first))

    row = "flow-reuse"
    story(row, f, "a SYN after FIN is scheduled anew", *established, (ending, first), None, (opening, second), (going, second))
    story(
        row, f, "a SYN after RST is scheduled anew", *established, (resetting, first), None, (opening, second), (going, second)
    )
    story(
        row,
        f,
        "a SYN after FIN and ACK is scheduled anew",
        *established,
        (ending, first),
        (going, first),
        None,
        (opening, second),
    )
    another = f.ip() / syn(seq=777000)
    for name, before in (("an established flow", established), ("a flow with only a SYN", [(opening, first)])):
        story(
            row,
            f,
            f"a SYN with another sequence number of {name} is scheduled anew while its server drains",
            *before,
            None,
            (another, second),
            (another, second),
            (f.ip() / ack(seq=777001), second),
        )
    story(
        row,
        f,
        "a SYN of a flow that began with an ACK is scheduled anew while its server drains",
        (going, first),
        None,
        (another, second),
    )
    story(
        row, f, "a SYN of a flow with a removed server is scheduled anew", *established, None, (opening, second), then="gone"
    )
    story(
        row,
        f,
        "a SYN of a flow with a removed server is scheduled anew with on-server-loss drop too",
        *established,
        None,
        (opening, second),
        (going, second),
        configuration="one-drop",
        then="gone-drop",
    )
    story(
        row,
        f,
        "a port reused after FIN is a new flow",
        *established,
        (ending, first),
        (opening, first),
        (going, first),
        None,
        (going, first),
    )

    row = "flow-end"
    story(
        row,
        f,
        "FIN is forwarded, and so are later packets",
        *established,
        (ending, first),
        (going, first),
        None,
        (going, first),
    )
    story(
        row,
        f,
        "RST is forwarded, and so are later packets",
        *established,
        (resetting, first),
        (going, first),
        None,
        (going, first),
    )
    for name, before, limit in (
        ("FIN", established + [(ending, first)], TIMEOUTS["fin"]),
        ("RST", established + [(resetting, first)], TIMEOUTS["close"]),
        ("FIN, then RST", established + [(ending, first), (resetting, first)], TIMEOUTS["close"]),
    ):
        story(row, f, f"{limit} seconds after {name} the flow is known", *before, None, (going, first, limit))
        story(row, f, f"{limit + 1} seconds after {name} the flow has expired", *before, None, (going, second, limit + 1))

    row = "flow-timeout"
    for name, before, packet, limit in (
        ("an established flow", established, going, TIMEOUTS["established"]),
        ("a flow with only a SYN", [(opening, first)], going, TIMEOUTS["syn"]),
        ("a flow of datagrams", [(datagram, first)], datagram, TIMEOUTS["udp"]),
    ):
        story(row, f, f"{name} is known for {limit} seconds without a packet", *before, None, (packet, first, limit))
        story(row, f, f"{name} expires after {limit + 1} seconds without a packet", *before, None, (packet, second, limit + 1))
        story(
            row,
            f,
            f"{name} is known as long as packets come",
            *before,
            (packet, first, limit),
            None,
            (packet, first, limit * 2),
        )
    story(
        row,
        f,
        "configurable: an established flow is known for 5 seconds",
        *established,
        None,
        (going, first, 5),
        configuration="hasty",
    )
    story(
        row,
        f,
        "configurable: an established flow expires after 6 seconds",
        *established,
        None,
        (going, second, 6),
        configuration="hasty",
    )
    story(
        row,
        f,
        "configurable: a flow of datagrams is known for 3 seconds",
        (datagram, first),
        None,
        (datagram, first, 3),
        configuration="hasty",
    )
    story(
        row,
        f,
        "configurable: a flow of datagrams expires after 4 seconds",
        (datagram, first),
        None,
        (datagram, second, 4),
        configuration="hasty",
    )

    row = "flow-server-gone"
    gone = dropped("dropped-server-gone")
    story(
        row, f, "a flow with a removed server is rehashed", *established, None, (going, second), (going, second), then="gone"
    )
    story(row, f, "datagrams to a removed server are rehashed", (datagram, first), None, (datagram, second), then="gone")
    under_drop = {"configuration": "one-drop", "then": "gone-drop"}
    story(
        row,
        f,
        "a flow with a removed server is dropped with on-server-loss drop",
        *established,
        None,
        (going, gone),
        (going, gone),
        (ending, gone),
        **under_drop,
    )
    story(
        row,
        f,
        "datagrams to a removed server are dropped with on-server-loss drop",
        (datagram, first),
        None,
        (datagram, gone),
        **under_drop,
    )
    story(
        row,
        f,
        "an unknown flow is hashed with on-server-loss drop too",
        *established,
        None,
        (f.ip() / ack(sport=40001), second),
        **under_drop,
    )
    story(
        row,
        f,
        "a flow dropped with its server expires as usual",
        *established,
        None,
        (going, second, 901),
        **under_drop,
    )

    row = "icmp-error-flow"
    about = error(f, first_message(f), reply(f, from_port()), f.header + 8)
    story(
        row, f, "an error goes to the flow's server, not to the hash's, with 8 quoted bytes", *established, None, (about, first)
    )
    about_datagram = error(f, first_message(f), reply(f, from_port(53, UDP)), f.header + 8)
    story(row, f, "an error about a datagram goes to the flow's server", (datagram, first), None, (about_datagram, first))
    story(
        row,
        f,
        "an error about another flow goes to the hash's server",
        *established,
        None,
        (error(f, first_message(f), reply(f, from_port(client=40001))), second),
    )
    story(
        row,
        f,
        "an error about a flow with a removed server goes to the hash's server",
        *established,
        None,
        (about, second),
        then="gone",
    )
    story(
        row,
        f,
        "an error about a flow with a removed server is dropped with on-server-loss drop",
        *established,
        None,
        (about, gone),
        **under_drop,
    )
    story(row, f, "an error does not refresh a flow", *established, (about, first, 500), None, (going, second, 901))
    story(row, f, "an error starts no flow", (about, first), None, (going, second))
    story(row, f, "an error about an expired flow goes to the hash's server", *established, None, (about, second, 901))
    case(
        "icmp-error-service",
        f,
        "an error goes to the same server as the later SYN of its flow",
        *(
            packet
            for sport in (40000, 40003, 40009)
            for packet in (comes(error(f, first_message(f), reply(f, from_port(client=sport))), to_one_of(servers)),)
        ),
        comes(f.ip() / syn(sport=40000), to_server_of(1)),
        comes(f.ip() / syn(sport=40003), to_server_of(2)),
        comes(f.ip() / syn(sport=40009), to_server_of(3)),
        **several,
    )

    row = "flow-table-full"
    sports = f.header + 14
    flood = f.ip() / udp(sport=1) / Raw(b"x")
    opened = Expectation("forward", "forwarded", interface="eth0", server=f.server)
    fill = comes(flood, opened, count=8000, sweep=sports)
    case(
        row,
        f,
        "a full table keeps its flows, and new flows go by the hash without an entry",
        comes(opening, first(opening)),
        comes(going, first(going)),
        fill,
        comes(f.ip() / syn(sport=50000), first(f.ip() / syn(sport=50000))),
        comes(f.ip() / ack(sport=50000), first(f.ip() / ack(sport=50000))),
        comes(going, first(going)),
        comes(f.ip() / ack(sport=50000), second(f.ip() / ack(sport=50000))),
        configuration="one",
        at=[(8005, "drained")],
    )
    case(
        row,
        f,
        "a flood of ten thousand SYNs, each sent twice, evicts no active flow",
        comes(opening, first(opening)),
        comes(going, first(going)),
        comes(f.ip() / syn(sport=1), opened, count=20000, sweep=sports),
        comes(going, first(going)),
        configuration="one",
        at=[(20003, "drained")],
    )
