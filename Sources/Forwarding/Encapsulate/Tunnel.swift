import ABI
import Packet

/// The headers that a server's forwarding method puts between link header and client's packet.
enum Tunnel {
  @inline(__always) @_noLocks
  static func isDirect(_ server: UnsafeMutableRawPointer) -> Bool {
    server.u8(SLUICE_SERVER_METHOD) < UInt8(truncatingIfNeeded: SLUICE_IPIP)
  }

  @inline(__always) @_noLocks
  static func isGUE(_ server: UnsafeMutableRawPointer) -> Bool {
    server.u8(SLUICE_SERVER_METHOD) == UInt8(truncatingIfNeeded: SLUICE_GUE)
  }

  @inline(__always) @_noLocks
  static func isGRE(_ server: UnsafeMutableRawPointer) -> Bool {
    server.u8(SLUICE_SERVER_METHOD) == UInt8(truncatingIfNeeded: SLUICE_GRE)
  }

  /// Whether the outer header is IPv6.
  @inline(__always) @_noLocks
  static func isIPv6(_ server: UnsafeMutableRawPointer) -> Bool { has(server, SLUICE_SERVER_IPV6) }

  @inline(__always) @_noLocks
  static func hasChecksum(_ server: UnsafeMutableRawPointer) -> Bool { has(server, SLUICE_SERVER_CHECKSUM) }

  /// Length of the outer IP header.
  @inline(__always) @_noLocks
  static func ip(_ server: UnsafeMutableRawPointer) -> Int { isIPv6(server) ? IPv6.headerLength : IPv4.headerLength }

  /// Length of the headers between outer IP header and client's packet: UDP and GUE, or GRE.
  @inline(__always) @_noLocks
  static func encapsulation(_ server: UnsafeMutableRawPointer) -> Int {
    if isGUE(server) { return 12 }
    guard isGRE(server) else { return 0 }
    return hasChecksum(server) ? 8 : 4
  }

  /// Length of all IP and tunnel headers in front of the client's packet; 0 for direct routing.
  @inline(__always) @_noLocks
  static func overhead(_ server: UnsafeMutableRawPointer) -> Int { isDirect(server) ? 0 : ip(server) &+ encapsulation(server) }

  @inline(__always) @_noLocks
  private static func has(_ server: UnsafeMutableRawPointer, _ flag: Int) -> Bool {
    server.u8(SLUICE_SERVER_FLAGS) & UInt8(truncatingIfNeeded: flag) != 0
  }
}

/// Writes the headers between outer IP header and client's packet. A checksum covers the whole packet, which is read once more
/// for it.
extension Tunnel {
  /// Returns the protocol number for the outer header: 17 for UDP, 47 for GRE, else that of the inner packet.
  @inline(__always) @_noLocks
  static func writeEncapsulation(
    before inner: UnsafeMutableRawPointer,
    length: Int,
    isIPv6: Bool,
    hash: UInt64,
    _ source: OuterSource,
    _ server: UnsafeMutableRawPointer
  ) -> UInt8 {
    if isGUE(server) {
      writeGUE(before: inner, length: length, isIPv6: isIPv6, hash: hash, source, server)
      return 17
    }
    if isGRE(server) {
      writeGRE(before: inner, length: length, isIPv6: isIPv6, server)
      return 47
    }
    return Outer.inside(isIPv6: isIPv6)
  }

  /// GUE's source port: a dynamic one (RFC 6335 6), from bits of the flow hash that the ring slot doesn't use, nor the outer source
  /// except with the shortest prefixes.
  @inline(__always) @_noLocks
  static func sourcePort(_ hash: UInt64) -> UInt16 { 0xc000 | UInt16(truncatingIfNeeded: hash &>> 18) & 0x3fff }

  /// UDP and GUE, variant 0 of draft-ietf-intarea-gue: version, C, header length and flags 0, then the inner protocol. Without a checksum the field is 0, over IPv6 too (RFC 6935, RFC
  /// 6936): the inner packet has its own.
  @inline(__always) @_noLocks
  private static func writeGUE(
    before inner: UnsafeMutableRawPointer,
    length: Int,
    isIPv6: Bool,
    hash: UInt64,
    _ source: OuterSource,
    _ server: UnsafeMutableRawPointer
  ) {
    let udp = inner - 12
    let count = UInt16(truncatingIfNeeded: length &+ 12)
    udp.set16(0, sourcePort(hash))
    udp.setRaw16(2, server.raw16(SLUICE_SERVER_TUNNEL_PORT))
    udp.set16(4, count)
    udp.setRaw16(6, 0)
    udp.set16(8, UInt16(Outer.inside(isIPv6: isIPv6)))
    udp.setRaw16(10, 0)
    guard hasChecksum(server) else { return }
    let pseudoHeader = source.sum(server) &+ UInt64(UInt16(17).bigEndian) &+ UInt64(count.bigEndian)
    let checksum = ~Checksum.fold(Checksum.sum(udp, length &+ 12, pseudoHeader))
    // 0 would mean no checksum (RFC 768).
    udp.setRaw16(6, checksum == 0 ? 0xffff : checksum)
  }

  /// GRE (RFC 2784 2) without key (RFC 2890); with the C bit and a checksum over header and payload if the server has one
  /// configured.
  @inline(__always) @_noLocks
  private static func writeGRE(
    before inner: UnsafeMutableRawPointer,
    length: Int,
    isIPv6: Bool,
    _ server: UnsafeMutableRawPointer
  ) {
    let type: UInt16 = isIPv6 ? 0x86dd : 0x0800
    guard hasChecksum(server) else {
      let gre = inner - 4
      gre.setRaw16(0, 0)
      gre.set16(2, type)
      return
    }
    let gre = inner - 8
    gre.set16(0, 0x8000)
    gre.set16(2, type)
    gre.setRaw32(4, 0)
    gre.setRaw16(4, ~Checksum.fold(Checksum.sum(gre, length &+ 8)))
  }
}
