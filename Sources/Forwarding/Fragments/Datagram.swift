import ABI
import Packet

/// What names a datagram among fragments: source, destination and identification, in IPv4 the protocol too (RFC 791 3.2), in IPv6 not (RFC 8200
/// 4.5). As a keyed hash, so that nobody can aim at another's.
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

  /// 44 stands for the fragment header in place of a protocol.
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

  /// Of a frame that the parser has found a first or later fragment in.
  @_noLocks
  static func tag(of frame: Frame, _ tables: Tables) -> UInt64 {
    let length = Int(frame.length)
    let (network, type) = Ethernet.parse(frame.bytes, length)
    let header = frame.bytes + network
    if EtherType.isIPv4(type) { return tag(ofIPv4: header, tables) }
    return tag(ofIPv6: header, IPv6.walk(header, length &- network).identification, tables)
  }
}
