"""The keyed flow hash of Sources/ABI/flow_hash.h, with the default hash-key: for quotes of the packets that the director sends."""

MASK = 2**64 - 1
KEY_TEXT = "sluice"
MULTIPLIER_1, MULTIPLIER_2 = 0x3C79AC492BA7B653, 0x1C69B3F74AC4AE35


def mix(value):
    value = value + 0x9E3779B97F4A7C15 & MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & MASK
    return value ^ value >> 31


def key(text):
    lanes = [mix(lane) for lane in range(4)]
    for byte in text.encode():
        lanes = [mix(lane ^ byte) for lane in lanes]
    return lanes


def flow_hash(packet):
    """Of a TCP or UDP packet without extension headers, complete with its IP header."""
    data = bytes(packet)
    word = lambda at, size: int.from_bytes(data[at : at + size], "little")
    key0, key1, key2, key3 = key(KEY_TEXT)
    if data[0] >> 4 == 4:
        number, ports = data[9], word((data[0] & 15) * 4, 4)
        first = (word(12, 8) ^ key0) * (key1 | 1) & MASK
    else:
        number, ports = data[6], word(40, 4)
        source, destination = (word(8, 8) ^ key0) * MULTIPLIER_1 & MASK, (word(24, 8) ^ key1) * MULTIPLIER_2 & MASK
        source = ((source ^ source >> 32) + word(16, 8)) * (key1 | 1) & MASK
        destination = ((destination ^ destination >> 32) + word(32, 8)) * (key0 | 1) & MASK
        source ^= source >> 29
        destination ^= destination >> 32
        first = (source + (destination << 17 & MASK | destination >> 47)) * MULTIPLIER_1 & MASK
    value = first ^ first >> 32
    value = (value ^ (ports | number << 32) ^ key2) * MULTIPLIER_1 & MASK
    value ^= value >> 29
    value = (value + key3) * MULTIPLIER_2 & MASK
    value ^= value >> 32
    return value or 1


def flow_label(packet):
    return flow_hash(packet) >> 44 or 1


def gue_port(packet):
    return 0xC000 | flow_hash(packet) >> 18 & 0x3FFF
