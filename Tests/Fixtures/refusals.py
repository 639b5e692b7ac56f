"""Refusals: each invalid packet, and the nearest valid one."""

from fixture import *
from scapy.layers.inet import ICMP, IPOption_NOP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    IPv6ExtHdrSegmentRouting,
)
from scapy.layers.ipsec import AH


def changed(packet, *changes):
    """The packet with some bytes changed: pairs of offset and value."""
    packet = bytearray(bytes(packet))
    for at, value in changes:
        packet[at] = value
    return bytes(packet)


def rechecksummed(packet, *changes):
    """The same with a new IPv4 header checksum, computed by scapy."""
    packet = bytearray(changed(packet, *changes))
    packet[10:12] = b"\0\0"
    words = max(packet[0] & 15, 5)
    from scapy.utils import checksum

    packet[10:12] = checksum(bytes(packet[: words * 4])).to_bytes(2, "big")
    return bytes(packet)


def with_length(family, packet, total):
    """The packet with `total` in its length field."""
    if family.number == 4:
        return rechecksummed(packet, (2, total >> 8), (3, total & 255))
    return changed(packet, (4, (total - 40) >> 8), (5, (total - 40) & 255))


# Checksums.
row = "refuse-checksum"
for name, packet in (
    ("a SYN", V4.ip() / syn()),
    ("a datagram", V4.ip() / udp() / Raw(b"hi")),
    ("a SYN with options", V4.ip(options=[IPOption_NOP()] * 4) / syn()),
):
    case(
        row,
        V4,
        f"{name} with a wrong header checksum is dropped",
        comes(changed(packet, (11, bytes(packet)[11] ^ 1)), dropped("dropped-bad-checksum")),
    )
case(
    row,
    V4,
    "a header checksum of 0 is dropped when it is wrong",
    comes(changed(V4.ip() / syn(), (10, 0), (11, 0)), dropped("dropped-bad-checksum")),
)
case(
    row,
    V4,
    "a changed byte in the options fails the header checksum",
    comes(changed(V4.ip(options=[IPOption_NOP()] * 4) / syn(), (23, 0)), dropped("dropped-bad-checksum")),
)
for f in BOTH:
    request = (ICMP(type=8, id=7, seq=1) if f is V4 else ICMPv6EchoRequest(id=7, seq=1)) / Raw(payload(57))
    good = bytes(f.ip() / request)
    case(
        row,
        f,
        "an echo request with a wrong ICMP checksum is dropped",
        comes(changed(good, (len(good) - 1, good[-1] ^ 1)), dropped("dropped-bad-checksum")),
    )
    packet = f.ip() / syn(chksum=0x1234)
    case(row, f, "a packet with a wrong TCP checksum is forwarded unchanged", comes(packet, direct(packet)))
    packet = f.ip() / udp(chksum=0) / Raw(b"hi")
    case(row, f, "a packet with a UDP checksum of 0 is forwarded unchanged", comes(packet, direct(packet)))

# Lengths.
row = "refuse-length"
for f in BOTH:
    h = f.header
    short, long, header = dropped("dropped-bad-length"), dropped("dropped-bad-length"), dropped("dropped-bad-header")
    whole = f.ip() / syn() / Raw(payload(10))
    size = len(bytes(whole))
    case(
        row,
        f,
        "a packet as long as its frame is forwarded",
        comes(with_length(f, whole, size), direct(with_length(f, whole, size))),
    )
    case(row, f, "a packet a byte longer than its frame is dropped", comes(with_length(f, whole, size + 1), long))
    case(row, f, "a packet that claims 65535 bytes is dropped", comes(with_length(f, whole, 65535), long))
    case(row, f, "a length that ends within the TCP header is dropped", comes(with_length(f, f.ip() / syn(), h + 19), short))
    case(row, f, "a length that ends with the TCP header is forwarded", comes(f.ip() / syn(), direct(f.ip() / syn())))
    case(row, f, "a length that ends with the IP header is dropped", comes(with_length(f, f.ip() / syn(), h), short))
    case(row, f, "a length that ends within the UDP header is dropped", comes(with_length(f, f.ip() / udp(), h + 7), short))
    case(row, f, "a datagram with only a UDP header is forwarded", comes(f.ip() / udp(), direct(f.ip() / udp())))
    case(row, f, "a frame that ends within the TCP header is dropped", comes(bytes(f.ip() / syn())[: h + 19], short))
    case(row, f, "a frame that ends within the UDP header is dropped", comes(bytes(f.ip() / udp())[: h + 7], short))
    for words, expectation in ((0, header), (4, header), (6, short), (15, short)):
        packet = f.ip() / syn(dataofs=words)
        case(row, f, f"a TCP data offset of {words} words in a segment of 5 is dropped", comes(packet, expectation))
    packet = f.ip() / syn(dataofs=15) / Raw(b"\1" * 40)
    case(row, f, "a TCP header of 15 words is forwarded", comes(packet, direct(packet)))
    case(row, f, "a TCP header of 15 words cut by one byte is dropped", comes(with_length(f, packet, h + 59), short))
    for length, data, what in ((7, 4, "7"), (0, 4, "0"), (13, 4, "a byte more than the packet"), (65535, 4, "65535")):
        case(row, f, f"a UDP length of {what} is dropped", comes(f.ip() / udp(len=length) / Raw(payload(data)), short))
    for length, what in ((8, "8"), (11, "a byte less than the packet"), (12, "all of the packet")):
        packet = f.ip() / udp(len=length) / Raw(payload(4))
        case(row, f, f"a UDP length of {what} is forwarded", comes(packet, direct(packet)))
    case(row, f, "TTL or hop limit 0 is dropped", comes(f.ip(ttl=0) / syn(), dropped("dropped-ttl")))
    case(
        row,
        f,
        "TTL 0 of an echo request is dropped",
        comes(f.ip(ttl=0) / (ICMP(type=8) if f is V4 else ICMPv6EchoRequest()) / Raw(payload(8)), dropped("dropped-ttl")),
    )
for words in (0, 4):
    case(
        row,
        V4,
        f"a header length of {words} words is dropped",
        comes(rechecksummed(V4.ip() / syn(), (0, 0x40 | words)), dropped("dropped-bad-header")),
    )
for total in (0, 19):
    case(
        row,
        V4,
        f"a total length of {total} is dropped",
        comes(with_length(V4, V4.ip() / syn(), total), dropped("dropped-bad-length")),
    )
for options in (1, 10):
    packet = V4.ip(options=[IPOption_NOP()] * (4 * options)) / syn() / Raw(b"odd")
    case("options", V4, f"{options * 4} bytes of options are forwarded as they are", comes(packet, direct(packet)))
packet = V4.ip(options=[IPOption_NOP()] * 40) / udp()
case(
    row,
    V4,
    "a total length that ends with the options is dropped",
    comes(with_length(V4, packet, 60), dropped("dropped-bad-length")),
)
case(
    row,
    V4,
    "options longer than the frame, to the service of any port, are dropped",
    comes(bytes(rechecksummed(V4.ip(dst=V4.any_vip) / udp() / Raw(payload(20)), (0, 0x4F))), dropped("dropped-bad-length")),
)
