/// The next hop to a real server, from the kernel's routes and neighbours.
package struct NextHop: Equatable, Sendable {
  /// Slot of the interface in `sluice_root.interfaces`.
  package var egress: Int
  /// The MAC address of the egress interface.
  package var sourceMAC: MACAddress
  package var nextHopMAC: MACAddress
  /// MTU of the route: the size of the largest IP packet in bytes.
  package var mtu: Int
  /// Outer source address of a tunnel.
  package var source: IPAddress
  /// The router that the packets go through; nil: the server is on the segment.
  package var gateway: IPAddress?
  /// VLAN tags of the frames, outer first, at most two.
  package var tags: [VLANTag]

  package init(
    egress: Int,
    sourceMAC: MACAddress,
    nextHopMAC: MACAddress,
    mtu: Int,
    source: IPAddress,
    gateway: IPAddress? = nil,
    tags: [VLANTag] = []
  ) {
    self.egress = egress
    self.sourceMAC = sourceMAC
    self.nextHopMAC = nextHopMAC
    self.mtu = mtu
    self.source = source
    self.gateway = gateway
    self.tags = tags
  }
}
