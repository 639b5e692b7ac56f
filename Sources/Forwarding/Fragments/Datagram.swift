import ABI
import Packet

/// The key of a fragmented datagram: source, destination, identification, and for IPv4 the protocol (RFC 791 3.2), which IPv6 leaves out (RFC
/// 8200 4.5). A keyed hash, so that a client cannot aim at another client's datagram.
enum Datagram {
  @inline(__always) @_noLocks
  static func tag(ofIPv4 header: UnsafeMutableRawPointer, _ tables: Tables) -> UInt64 {
    FlowHash.v4(
      tables.half,
      source: header.raw32(12),
      destination: header.raw32(16),
      ports: UInt32(header.raw16(4)),
      protocol: header.u8(9)
    )
  }

  /// The number of the fragment header, 44, replaces the protocol.
  @inline(__always) @_noLocks
  static func tag(ofIPv6 header: UnsafeMutableRawPointer, _ identification: UInt32, _ tables: Tables) -> UInt64 {
    FlowHash.v6(
      tables.half,
      source: (header.raw64(8), header.raw64(16)),
      destination: (header.raw64(24), header.raw64(32)),
      ports: identification,
      protocol: 44
    )
  }

  /// For a frame that the parser found to be a fragment.
  @_noLocks
  static func tag(of frame: Frame, _ tables: Tables) -> UInt64 {
    let length = Int(frame.length)
    let (network, type) = Ethernet.parse(frame.bytes, length)
    let header = frame.bytes + network
    if EtherType.isIPv4(type) { return tag(ofIPv4: header, tables) }
    return tag(ofIPv6: header, IPv6.walk(header, length &- network).identification, tables)
  }
}
