"""Tunnel headers in front of the client's packet, by method and family, with the fields that the director may choose."""

from fixture import *
from flow_hash import flow_label, gue_port
from scapy.fields import BitField, ByteField, ShortField
from scapy.layers.l2 import GRE
from scapy.packet import Packet as Layer


class GUE(Layer):
    """Variant 0 of draft-ietf-intarea-gue."""

    name = "GUE"
    fields_desc = [
        BitField("variant", 0, 2),
        BitField("control", 0, 1),
        BitField("hlen", 0, 5),
        ByteField("proto", 4),
        ShortField("flags", 0),
    ]


class Path:
    """A tunnel with the addresses of a family, to the end that Tests/Fixtures/*.yaml configure."""

    def __init__(self, method, far, checksum=False, source=None, port=6080, end=None):
        self.method, self.far, self.checksum, self.port = method, far, checksum, port
        self.end = end or far.far
        self.source = source or far.near

    @property
    def overhead(self):
        return self.far.header + {"ipip": 0, "gue": 12, "gre": 8 if self.checksum else 4}[self.method]

    def __str__(self):
        name = {"ipip": "IPIP", "gue": "GUE", "gre": "GRE"}[self.method]
        return f"{name} over IPv{self.far.number}" + (" with a checksum" if self.checksum else "")

    def sent(self, inner, length=None):
        """The outer packet with the fields that the director takes from the flow hash; its header claims `length` bytes."""
        packet = self.wrap(inner)[0].copy()
        if self.far.number == 6:
            packet.fl = flow_label(inner)
        if self.method == "gue":
            packet[UDP].sport = gue_port(inner)
        if length is not None and self.far.number == 6:
            packet.plen = length - 40
        elif length is not None:
            packet.len = length
        return packet

    def wrap(self, inner, group=None, mask=None):
        """The outer packet around the client's, a hop later, and its free fields. `group` names the flow; `mask`: the source bits that depend on the flow."""
        v4 = number_of(inner) == 4
        same = {} if group is None else {"group": group}
        packet, free = onward(inner), []
        inside = 4 if v4 else 41
        head = self.far.header
        if self.method == "gue":
            # scapy computes the checksum for its own source port; the rule checks that of the director.
            packet = UDP(sport=49152, dport=self.port, **({} if self.checksum else {"chksum": 0})) / GUE(proto=inside) / packet
            free.append(Field(head, 2, "range", low=49152, high=65535, **same))
            if self.checksum:
                free.append(Field(head + 6, 2, "udp-checksum", ip=0))
            inside = 17
        elif self.method == "gre":
            packet = GRE(chksum_present=int(self.checksum), proto=0x0800 if v4 else 0x86DD) / packet
            inside = 47
        tos = inner.tos if v4 else inner.tc
        if self.far.number == 6:
            free.append(Field(0, 4, "nonzero", mask="000fffff", **same))
            outer = IPv6(src=self.source, dst=self.end, hlim=64, tc=tos, nh=inside)
        else:
            df = not v4 or "DF" in inner.flags
            outer = IP(src=self.source, dst=self.end, ttl=64, id=0, tos=tos, flags="DF" if df else 0, proto=inside)
            if not df:
                free.append(Field(4, 2, "unique"))
            if not df or mask:
                free.append(Field(10, 2, "ip-checksum"))
        if mask:
            free.append(Field(12, 4, "any", mask=mask, **same) if self.far is V4 else Field(16, 8, "any", mask=mask, **same))
        return outer / packet, free

    def carries(self, inner, group=None, mask=None, **more):
        packet, free = self.wrap(inner, group, mask)
        return tunnel(packet, free=free, **more)
