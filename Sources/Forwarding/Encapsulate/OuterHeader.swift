import ABI
import Packet

/// The outer IP header of a tunnel (RFC 2003, RFC 2473, RFC 4213), of either family around either. TTL and hop limit are 64. DSCP
/// and ECN are copied from the inner packet (RFC 6040 4.1, normal mode).
extension Forwarder {
  /// DF is copied from the inner packet, and set around IPv6, which routers don't fragment. The identification is 0 with DF, else
  /// from the tunnel's counter.
  ///
  /// - Parameters:
  ///   - encapsulation: length of the header between outer IP header and inner packet, already written; 0 for IP-in-IP.
  ///   - number: protocol number of the outer header.
  @inline(__always) @_noLocks
  func writeOuterIPv4(
    before inner: UnsafeMutableRawPointer,
    length: Int,
    isIPv6: Bool,
    encapsulation: Int,
    _ number: UInt8,
    from source: UInt32,
    _ server: UnsafeMutableRawPointer
  ) {
    let fragment = isIPv6 ? IPv4.dontFragment : inner.u16(6) & IPv4.dontFragment
    let identification = fragment == 0 ? UInt16(truncatingIfNeeded: identify(server)) : 0
    Outer.ipv4(
      before: inner - encapsulation,
      length &+ encapsulation,
      number,
      trafficClass: Outer.trafficClass(inner, isIPv6: isIPv6),
      identification: identification,
      fragment: fragment,
      from: source,
      server
    )
  }

  /// The next identification of the tunnel to this server (RFC 6864). Each worker counts in steps of `workerStep`, so that
  /// workers never use the same one.
  @inline(__always) @_noLocks
  func identify(_ server: UnsafeMutableRawPointer) -> UInt32 {
    let tunnel = counters.loads + Int(server.raw32(SLUICE_SERVER_TUNNEL))
    let number = tunnel.pointee.identification
    tunnel.pointee.identification = number &+ 1
    return UInt32(truncatingIfNeeded: number) &* workerStep &+ worker
  }
}

/// Writes outer headers.
enum Outer {
  /// - Parameters:
  ///   - count: bytes after the header.
  ///   - fragment: flags and offset.
  @inline(__always) @_noLocks
  static func ipv4(
    before payload: UnsafeMutableRawPointer,
    _ count: Int,
    _ number: UInt8,
    trafficClass: UInt8,
    identification: UInt16,
    fragment: UInt16,
    from source: UInt32,
    _ server: UnsafeMutableRawPointer
  ) {
    let header = payload - IPv4.headerLength
    // Five words, each built in a register in memory order (little endian) and summed there: a load of bytes just stored in other
    // sizes would wait for the stores.
    let total = UInt16(truncatingIfNeeded: count &+ IPv4.headerLength)
    let first = 0x45 | UInt32(trafficClass) &<< 8 | UInt32(total.bigEndian) &<< 16
    let second = UInt32(identification.bigEndian) | UInt32(fragment.bigEndian) &<< 16
    let third: UInt32 = 64 | UInt32(number) &<< 8  // checksum to come
    let destination = server.raw32(SLUICE_SERVER_ADDRESS &+ 12)
    let sum = UInt64(first) &+ UInt64(second) &+ UInt64(third) &+ UInt64(source) &+ UInt64(destination)
    header.setRaw32(0, first)
    header.setRaw32(4, second)
    header.setRaw32(8, third | UInt32(~Checksum.fold(sum)) &<< 16)
    header.setRaw32(12, source)
    header.setRaw32(16, destination)
  }

  @inline(__always) @_noLocks
  static func ipv6(
    before payload: UnsafeMutableRawPointer,
    _ count: Int,
    _ number: UInt8,
    trafficClass: UInt8,
    hash: UInt64,
    from source: (high: UInt64, low: UInt64),
    _ server: UnsafeMutableRawPointer
  ) {
    let header = payload - IPv6.headerLength
    let first = 0x6000_0000 | UInt32(trafficClass) &<< 20 | flowLabel(hash)
    header.setRaw32(0, first.bigEndian)
    header.set16(4, UInt16(truncatingIfNeeded: count))
    header.set8(6, number)
    header.set8(7, 64)
    header.setRaw64(8, source.high)
    header.setRaw64(16, source.low)
    header.setRaw64(24, server.raw64(SLUICE_SERVER_ADDRESS))
    header.setRaw64(32, server.raw64(SLUICE_SERVER_ADDRESS &+ 8))
  }

  /// Taken from the flow hash and never 0 (RFC 6438): routers and receive queues spread tunnels by it.
  @inline(__always) @_noLocks
  static func flowLabel(_ hash: UInt64) -> UInt32 {
    let label = UInt32(truncatingIfNeeded: hash &>> 44)
    return label == 0 ? 1 : label
  }

  /// Protocol number of the inner packet: 4 for IPv4, 41 for IPv6.
  @inline(__always) @_noLocks
  static func inside(isIPv6: Bool) -> UInt8 { isIPv6 ? 41 : 4 }

  @inline(__always) @_noLocks
  static func trafficClass(_ inner: UnsafeMutableRawPointer, isIPv6: Bool) -> UInt8 {
    isIPv6 ? UInt8(truncatingIfNeeded: inner.u16(0) &>> 4) : inner.u8(1)
  }
}
