import ABI
import Packet

/// The outer source address of a tunnel packet, in memory order: the configured address, or an address of a prefix that depends
/// on the flow, so that a real server that hashes by addresses alone still spreads the tunnel over its receive queues.
struct OuterSource {
  /// Upper half of an IPv6 address.
  let high: UInt64
  /// Lower half of an IPv6 address; its upper half is the IPv4 address.
  let low: UInt64

  /// The leading `source_prefix` bits come from the server record, the others from the lowest bits of the flow hash.
  ///
  /// In IPv6 at most the 64 bits of the interface identifier vary (RFC 4291 2.5.1), even with a shorter prefix: the hash has no
  /// more bits, and the operator sees one subnet in the routes.
  @inline(__always) @_noLocks
  init(_ server: UnsafeMutableRawPointer, hash: UInt64) {
    high = server.raw64(SLUICE_SERVER_TUNNEL_SOURCE)
    let fixed = UInt64(bigEndian: server.raw64(SLUICE_SERVER_TUNNEL_SOURCE &+ 8))
    let prefix = Int(server.u8(SLUICE_SERVER_SOURCE_PREFIX))
    let free = (Tunnel.isIPv6(server) ? 128 : 32) &- prefix
    let mask: UInt64 = prefix == 0 ? 0 : free >= 64 ? UInt64.max : 1 &<< UInt64(truncatingIfNeeded: free) &- 1
    low = (fixed & ~mask | hash & mask).bigEndian
  }

  var ipv4: UInt32 {
    @inline(__always) @_noLocks get { UInt32(truncatingIfNeeded: low &>> 32) }
  }

  /// Unfolded sum of both addresses of the outer header.
  @inline(__always) @_noLocks
  func sum(_ server: UnsafeMutableRawPointer) -> UInt64 {
    guard Tunnel.isIPv6(server) else { return UInt64(ipv4) &+ UInt64(server.raw32(SLUICE_SERVER_ADDRESS &+ 12)) }
    let halves = (high & 0xffff_ffff) &+ (high &>> 32) &+ (low & 0xffff_ffff) &+ (low &>> 32)
    return Checksum.sum(server + SLUICE_SERVER_ADDRESS, 16, halves)
  }
}
