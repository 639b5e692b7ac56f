"""Fragmented datagrams from clients."""

from fixture import *
from scapy.layers.inet6 import IPv6ExtHdrFragment


class Datagram:
    """A datagram or segment of a client, in fragments with `size` bytes of IP payload, a multiple of 8."""

    def __init__(self, family, transport, length=600, size=256, id=77, first_header=None, **fields):
        self.family, self.id, self.fields = family, id, fields
        addresses = {name: value for name, value in fields.items() if name in ("src", "dst")}
        whole = bytes(family.ip(**addresses) / transport / Raw(payload(length)))
        self.number = 6 if isinstance(transport, TCP) else 17
        self.data = whole[family.header :]
        if first_header is not None:
            # An IPv6 extension header that only the first fragment has completely (RFC 8200 4.5).
            self.number, self.data = 60, bytes(first_header.__class__(nh=self.number, options=first_header.options)) + self.data
        self.size = size

    def __len__(self):
        return -(-len(self.data) // self.size)

    def fragment(self, index, number=None, **fields):
        """The fragment with that index, from 0. `number`: another protocol number than the datagram's."""
        start = index * self.size
        data = self.data[start : start + self.size]
        more = start + self.size < len(self.data)
        fields = self.fields | fields
        if self.family.number == 4:
            flags = "MF" if more else 0
            return self.family.ip(
                **({"flags": flags, "frag": start // 8, "id": self.id, "proto": number or self.number} | fields)
            ) / Raw(data)
        header = IPv6ExtHdrFragment(nh=number or self.number, offset=start // 8, m=int(more), id=self.id)
        return self.family.ip(**fields) / header / Raw(data)

    def fragments(self, *order):
        return [self.fragment(index) for index in order or range(len(self))]
