/// An Ethernet address.
package struct MACAddress: Hashable, Sendable {
  /// Six bytes in wire order.
  package let bytes: [UInt8]

  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 6 else { return nil }
    self.bytes = Array(bytes)
  }

  /// Six pairs of hexadecimal digits separated by colons, as `ip link` prints them.
  package init?(_ text: some StringProtocol) {
    let pairs = text.split(separator: ":", omittingEmptySubsequences: false)
    let bytes = pairs.compactMap { $0.utf8.count == 2 && $0.first?.isHexDigit == true ? UInt8($0, radix: 16) : nil }
    guard bytes.count == pairs.count else { return nil }
    self.init(bytes: bytes)
  }
}

extension MACAddress: CustomStringConvertible {
  package var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}

extension MACAddress: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.text("a MAC address such as 02:00:00:00:00:01") { MACAddress($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

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
  /// VLAN tags of the frames, outer first, at most two.
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

extension MACAddress {
  /// As `sluice_interface.mac` has it: the six bytes in the order of the wire, as a load of them gives.
  package var word: UInt64 { bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64($1.offset * 8) } }
}
