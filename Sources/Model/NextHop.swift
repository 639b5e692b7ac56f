/// The way to a real server, as the kernel's routes and neighbours say it.
package struct NextHop: Equatable, Sendable {
  /// Slot of the interface in `sluice_root.interfaces`.
  package var egress: Int
  /// The egress interface's own.
  package var sourceMAC: MACAddress
  package var nextHopMAC: MACAddress
  /// Of the route, bytes of the IP packet.
  package var mtu: Int
  /// A tunnel's outer source.
  package var source: IPAddress
  /// Of the way, outer first, at most two.
  package var tags: [VLANTag]

  package init(egress: Int, sourceMAC: MACAddress, nextHopMAC: MACAddress, mtu: Int, source: IPAddress, tags: [VLANTag] = []) {
    self.egress = egress
    self.sourceMAC = sourceMAC
    self.nextHopMAC = nextHopMAC
    self.mtu = mtu
    self.source = source
    self.tags = tags
  }
}
