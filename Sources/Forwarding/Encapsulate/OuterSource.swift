import ABI
import Packet

/// The outer source address of a tunnel's packet, as it lies in memory: the configured one, or one of a prefix by the flow, so that a real server
/// which hashes by addresses alone still spreads the tunnel over its receive queues.
struct OuterSource {
  /// Of IPv6.
  let high: UInt64
  /// Of IPv6; in the upper half the IPv4 address.
  let low: UInt64

  /// The leading `source_prefix` bits are the server's, the others the flow hash's lowest.
  ///
  /// In IPv6 only the interface identifier varies, 64 bits at most (RFC 4291 2.5.1), also where the prefix is shorter: more would not spread
  /// better, since the hash has no more bits, and the subnet stays one that the operator can see in his routes.
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

  /// Of both addresses of the outer header, not folded.
  @inline(__always) @_noLocks
  func sum(_ server: UnsafeMutableRawPointer) -> UInt64 {
    guard Tunnel.isIPv6(server) else { return UInt64(ipv4) &+ UInt64(server.raw32(SLUICE_SERVER_ADDRESS &+ 12)) }
    let halves = (high & 0xffff_ffff) &+ (high &>> 32) &+ (low & 0xffff_ffff) &+ (low &>> 32)
    return Checksum.sum(server + SLUICE_SERVER_ADDRESS, 16, halves)
  }
}
