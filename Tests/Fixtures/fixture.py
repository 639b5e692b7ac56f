"""The parts of a case of the fixture table (Docs/fixtures.md). All packets, the expected ones too, are built by scapy.

A case: a row of the packet rules, a family, a sentence, a configuration, and packets in order, each with the expected result.
"""

import json

from scapy.config import conf
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Raw
from scapy.utils import checksum

conf.verb = 0

# The topology: the MAC addresses of Tests/Fixtures/*.yaml.
DIRECTOR = "02:00:00:00:00:02"  # eth0, where frames arrive
SECOND = "02:00:00:00:01:02"  # eth1, where tunnel packets leave
ROUTER = "02:00:00:00:00:c1"  # the source of the client's frames
SERVER = "02:00:00:00:00:22"  # a real server by direct routing
FAR = "02:00:00:00:01:99"  # next hop to a tunnel's end

CASES = []
SENTENCES = set()


class Family:
    """IPv4 or IPv6, with the addresses of the topology and scapy's names of the header fields."""

    def __init__(self, number, client, vip, any_vip, server, far, near, other):
        self.number = number
        self.client = client
        self.vip = vip  # of nearly every service
        self.any_vip = any_vip  # UDP of any port, TCP of port 80
        self.server = server  # by direct routing
        self.far = far  # end of a tunnel
        self.near = near  # outer source of a tunnel
        self.other = other  # an address without a service

    def ip(self, **fields):
        """A header from the client to the VIP; `ttl`, `tos`, `src` and `dst` in both families."""
        if self.number == 4:
            return IP(**({"src": self.client, "dst": self.vip, "id": 0x1234, "ttl": 63} | fields))
        for name, own in (("ttl", "hlim"), ("tos", "tc")):
            if name in fields:
                fields[own] = fields.pop(name)
        return IPv6(**({"src": self.client, "dst": self.vip, "hlim": 63} | fields))

    @property
    def header(self):
        return 20 if self.number == 4 else 40


V4 = Family(4, "192.0.2.1", "10.0.0.100", "10.0.0.101", "10.0.0.2", "10.1.0.9", "10.1.0.1", "10.0.0.99")
V6 = Family(
    6, "2001:db8:c::1", "2001:db8::100", "2001:db8::101", "2001:db8::2", "2001:db8:1::9", "2001:db8:1::1", "2001:db8::99"
)
BOTH = (V4, V6)


def payload(length, first=0):
    """Bytes that depend on their position, so that a quote or fragment that is off by one differs."""
    return bytes((first + at + (at >> 8)) & 255 for at in range(length))


def syn(port=80, sport=40000, **fields):
    return TCP(**({"sport": sport, "dport": port, "seq": 1000, "flags": "S"} | fields))


def ack(port=80, sport=40000, **fields):
    return TCP(**({"sport": sport, "dport": port, "seq": 1001, "ack": 5000, "flags": "A"} | fields))


def udp(port=53, sport=40000, **fields):
    return UDP(sport=sport, dport=port, **fields)


def tagged(ether, tags, number):
    """Ethernet, tags outer first (a VLAN id, ("ad", id), or a ready tag), and the EtherType of the family."""
    layer = ether
    for tag in tags:
        if isinstance(tag, int):
            tag = Dot1Q(vlan=tag)
        elif isinstance(tag, tuple):
            tag = Dot1AD(vlan=tag[1])
        layer = layer / tag.copy()
    layer.lastlayer().type = 0x0800 if number == 4 else 0x86DD
    # scapy sets 802.1Q for any inner tag; set the type that the inner tag has.
    parts = [layer]
    while parts[-1].payload:
        parts.append(parts[-1].payload)
    for outer, inner in zip(parts, parts[1:]):
        outer.type = 0x88A8 if isinstance(inner, Dot1AD) else 0x8100
    return layer


def number_of(packet):
    return bytes(packet)[0] >> 4


def onward(packet):
    """The packet a hop later: TTL or hop limit less one, the IPv4 header checksum computed anew."""
    data = bytearray(bytes(packet))
    if data[0] >> 4 == 6:
        data[7] -= 1
    else:
        data[8] -= 1
        data[10:12] = b"\0\0"
        data[10:12] = checksum(bytes(data[: (data[0] & 15) * 4])).to_bytes(2, "big")
    return Raw(bytes(data))


def frame(packet, tags=(), to=DIRECTOR, source=ROUTER, number=None):
    """A frame as it arrives from the client."""
    return bytes(tagged(Ether(dst=to, src=source), tags, number or number_of(packet)) / Raw(bytes(packet)))


class Field:
    """Bytes of an output that the director may choose, with a rule for them. Offsets from the IP header."""

    def __init__(self, at, size, rule, **more):
        self.at, self.size, self.rule, self.more = at, size, rule, more

    def json(self, link):
        more = {name: value + link if name == "ip" else value for name, value in self.more.items()}
        return {"at": self.at + link, "bytes": self.size, "rule": self.rule} | more


# Outer IPv4 header without DF: a unique identification, and a checksum that is correct for it.
IDENTIFICATION = [Field(4, 2, "unique"), Field(10, 2, "ip-checksum")]
FLOW_LABEL = [Field(0, 4, "nonzero", mask="000fffff")]


class Output:
    def __init__(self, packet, to=SERVER, source=DIRECTOR, tags=(), free=(), interface="eth0", padding=b"", exact=True):
        number = number_of(packet)
        link = bytes(tagged(Ether(dst=to, src=source), tags, number))
        self.bytes = link + bytes(packet)
        self.free = [field.json(len(link)) for field in free]
        self.interface = interface
        if padding and not exact:
            self.free.append({"at": len(self.bytes), "bytes": len(padding), "rule": "padding"})
        self.bytes += padding

    def json(self):
        entry = {"frame": self.bytes.hex()}
        if self.free:
            entry["free"] = self.free
        return entry


class Expectation:
    def __init__(self, verdict, reason, outputs=(), interface=None, **more):
        self.verdict, self.reason, self.outputs = verdict, reason, list(outputs)
        self.interface = interface or (self.outputs[0].interface if self.outputs else None)
        self.more = more

    def json(self):
        entry = {"verdict": self.verdict, "reason": self.reason} | self.more
        if self.interface:
            entry["interface"] = self.interface
        if self.outputs:
            entry["output"] = [output.json() for output in self.outputs]
        return entry


def direct(packet, **more):
    """Forwarded to the one server by direct routing, a hop later."""
    return Expectation("forward", "forwarded", [Output(onward(packet), **more)])


def tunnel(outer, free=(), **more):
    """Forwarded through a tunnel; `outer` is the whole outer packet."""
    return Expectation("forward", "forwarded", [Output(outer, to=FAR, source=SECOND, free=free, interface="eth1", **more)])


def answered(reason, packet, tags=(), **more):
    """Sent back to the frame's sender, on the interface where it arrived."""
    return Expectation("answer", reason, [Output(packet, to=ROUTER, source=DIRECTOR, tags=tags, **more)])


def dropped(reason):
    return Expectation("drop", reason)


def passed(reason="not-for-service"):
    return Expectation("pass", reason)


def to_one_of(servers, packet=None):
    """Forwarded by direct routing to one of the servers, which the hash selects."""
    outputs = [] if packet is None else [Output(onward(packet), free=[Field(-14, 6, "any")])]
    return Expectation("forward", "forwarded", outputs, "eth0", servers=list(servers))


def to_server_of(number, packet=None):
    """Forwarded to the server that got packet `number` (from 1) of the case."""
    outputs = [] if packet is None else [Output(onward(packet), free=[Field(-14, 6, "any")])]
    return Expectation("forward", "forwarded", outputs, "eth0", sameServerAs=number)


class Packet:
    """A frame that arrives `count` times, at a second of the case's clock.

    With `sweep`, the two bytes at that offset increase every second time.
    """

    def __init__(self, bytes_, expectation, time=0, count=1, sweep=None):
        self.bytes, self.expectation, self.time, self.count, self.sweep = bytes_, expectation, time, count, sweep

    def json(self):
        entry = {"frame": self.bytes.hex()}
        if self.time:
            entry["time"] = self.time
        if self.count != 1:
            entry["count"] = self.count
        if self.sweep:
            entry["sweep"] = self.sweep
        return entry | self.expectation.json()


def comes(packet, expectation, time=0, count=1, sweep=None, **link):
    """A packet (of scapy, or as bytes) in a frame to the director."""
    return Packet(frame(packet, **link), expectation, time, count, sweep)


def case(row, family, sentence, *packets, configuration="topology", at=()):
    """Adds a case. `at`: pairs of a packet's number and the configuration that is active from then on."""
    number = family.number if isinstance(family, Family) else family
    if (number, sentence) in SENTENCES:
        raise ValueError(f"two cases of IPv{number} have the sentence: {sentence}")
    SENTENCES.add((number, sentence))
    entry = {"row": row, "family": number, "name": sentence, "configuration": configuration}
    if at:
        entry["at"] = [list(pair) for pair in at]
    CASES.append(entry | {"packets": [packet.json() for packet in packets]})


def lines():
    return [json.dumps(entry, separators=(",", ":")) for entry in CASES]
