"""The far end of the cable: sends datagrams to the director as a client, and checks each frame that arrives at the real server byte by byte."""

import socket
import struct
import time

VIP = "10.9.0.100"
SERVER = "10.9.0.11"
DIRECTOR = "10.9.0.2"
NIC_MAC = bytes.fromhex("525400000001")
PEER_MAC = bytes.fromhex("525400000002")
IPV4, IPIP, UDP = 0x0800, 4, 17
HEADERS = 14 + 20 + 8
# Frames on their way at once: fewer than the ring of any NIC here, since a frame lost for want of room would be no fault of the director's.
WINDOW = 32
PATIENCE = 0.5


# Bytes of payloads, from any offset below 251: they repeat after 251 bytes, and differently each time, so that a moved byte shows.
PATTERN = bytes((7 * i + i // 251) & 0xFF for i in range(4096 + 251))


def checksum(data):
    """The Internet checksum: the one's complement sum of 16-bit words is the number that they form, modulo 65535."""
    if len(data) % 2:
        data += b"\0"
    number = int.from_bytes(data, "big")
    return 0xFFFF - (number % 0xFFFF or (0xFFFF if number else 0))


def ipv4(source, destination, protocol, length, ttl, identification):
    head = struct.pack("!BBHHHBBH", 0x45, 0, length, identification, 0x4000, ttl, protocol, 0)
    head += socket.inet_aton(source) + socket.inet_aton(destination)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:]


def datagram(number, size, port, ttl=64):
    """An Ethernet frame of `size` bytes; its payload begins with its number."""
    at = number % 251
    payload = struct.pack("!I", number) + PATTERN[at : at + size - HEADERS - 4]
    # Many clients, for all queues: some NICs hash UDP by addresses only.
    source = f"10.8.{number >> 8 & 3}.{number & 0xFF or 1}"
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", 10000 + number % 50000, port, length, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(VIP) + struct.pack("!BBH", 0, UDP, length)
    udp = udp[:6] + struct.pack("!H", checksum(pseudo + udp + payload) or 0xFFFF)
    return NIC_MAC + PEER_MAC + struct.pack("!H", IPV4) + ipv4(source, VIP, UDP, 20 + length, ttl, number & 0xFFFF) + udp + payload


def number_of(frame):
    """The number of a forwarded datagram, in a tunnel or not; None for any other frame."""
    at = 34 if frame[23] == IPIP else 14
    if frame[6:12] != NIC_MAC or frame[12:14] != b"\x08\x00" or len(frame) < at + 32 or frame[at + 9] != UDP:
        return None
    return struct.unpack("!I", frame[at + 28 : at + 32])[0]


def fault_of(frame, number, size, port, method):
    """What is wrong with a forwarded frame; None if each byte is as it should be: next hop's MAC address, TTL less one, the rest untouched."""
    inner = datagram(number, size, port, ttl=63)[14:]
    if frame[0:6] != PEER_MAC:
        return f"sent to {frame[0:6].hex()}"
    packet = frame[14:]
    if method == "ipip":
        outer, packet = packet[:20], packet[20:]
        identification = struct.unpack("!H", outer[4:6])[0]
        expected = ipv4(DIRECTOR, SERVER, IPIP, 20 + len(inner), outer[8], identification)
        if outer[:6] + outer[8:10] + outer[12:] != expected[:6] + expected[8:10] + expected[12:] or checksum(outer) != 0:
            return f"outer header {outer.hex()}"
    if packet != inner:
        at = next((i for i, (a, b) in enumerate(zip(packet, inner)) if a != b), min(len(packet), len(inner)))
        return f"{len(packet)} bytes instead of {len(inner)}, differing from byte {at}"
    return None


class Wire:
    def __init__(self, device):
        self.device = device
        self.sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sender.bind((device, 0))
        self.receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.receiver.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
        self.receiver.bind((device, 0))
        self.numbers = 0

    def next(self):
        self.numbers += 1
        return self.numbers

    def received(self, within):
        """The next frame from the director, or None."""
        until = time.monotonic() + within
        while (left := until - time.monotonic()) > 0:
            self.receiver.settimeout(left)
            try:
                frame, (_, _, kind, _, _) = self.receiver.recvfrom(65536)
            except TimeoutError:
                return None
            if kind != socket.PACKET_OUTGOING and number_of(frame) is not None:
                return frame
        return None

    def drain(self):
        while self.received(0.05) is not None:
            pass

    def forwards(self, port, size=100, within=0.3):
        """Whether a datagram reaches the real server."""
        number = self.next()
        self.sender.send(datagram(number, size, port))
        until = time.monotonic() + within
        while (left := until - time.monotonic()) > 0:
            frame = self.received(left)
            if frame is not None and number_of(frame) == number:
                return True
        return False

    def wait(self, port, seconds, size=100):
        """Seconds until a datagram reaches the real server; None if none does."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            if self.forwards(port, size):
                return time.monotonic() - start
        return None

    def exchange(self, sizes, port, method):
        """Sends a frame of each size; returns the sizes that did not arrive, and the faults of those that did."""
        lost, faults = [], []
        for start in range(0, len(sizes), WINDOW):
            sent = {}
            for size in sizes[start : start + WINDOW]:
                number = self.next()
                sent[number] = size
                self.sender.send(datagram(number, size, port))
            while sent and (frame := self.received(PATIENCE)) is not None:
                size = sent.pop(number_of(frame), None)
                if size is None:
                    faults.append(f"frame {number_of(frame)} was not expected")
                elif fault := fault_of(frame, number_of(frame), size, port, method):
                    faults.append(f"{size}: {fault}")
            lost += sent.values()
        return lost, faults
