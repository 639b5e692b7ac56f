import ABI
import Packet

/// The path MTU of a tunnel, learned from an ICMP error.
package struct LearnedMTU: Equatable {
  /// Size of the largest outer packet.
  package var mtu: UInt16
  /// Seconds until it expires.
  package var remaining: UInt32

  // Explicit, because the compiler's memberwise init doesn't have the attribute.
  @inline(__always) @_noLocks
  init(mtu: UInt16, remaining: UInt32) {
    self.mtu = mtu
    self.remaining = remaining
  }
}

/// The table of learned path MTUs: one word for each tunnel, with the layout described at SLUICE_PATH_SECONDS in tables.h. Any
/// worker writes, all read, always whole words. If two workers learn of one tunnel at once, one value stays; both are true, and
/// the next error corrects it.
extension Tables {
  /// The learned MTU of the tunnel with index `tunnel` (sluice_server.tunnel); nil if there is none, it has expired, or it
  /// belongs to the server that had this index before.
  @inline(__always) @_noLocks
  package func learned(_ tunnel: Int, now: UInt32) -> LearnedMTU? {
    let word = sluice_load_word(paths + tunnel)
    guard word != 0 else { return nil }
    let remaining = UInt32(truncatingIfNeeded: word &>> 32) &- now
    guard remaining != 0, remaining <= UInt32(truncatingIfNeeded: SLUICE_PATH_SECONDS),
      UInt16(truncatingIfNeeded: word &>> 16) == servers[tunnel].incarnation
    else { return nil }
    return LearnedMTU(mtu: UInt16(truncatingIfNeeded: word), remaining: remaining)
  }

  /// Learns the MTU of an ICMP error if it is lower than the route's and not higher than the learned one: otherwise a forged or
  /// late error would undo a true one. The same value again extends the ten minutes.
  @inline(__always) @_noLocks
  func learn(_ reported: PathMTU.Reported, now: UInt32) {
    let server = servers + reported.tunnel
    let isIPv6 = server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_IPV6) != 0
    guard let mtu = PathMTU.plausible(reported.mtu, isIPv6: isIPv6), mtu < server.pointee.mtu else { return }
    if let known = learned(reported.tunnel, now: now), mtu > known.mtu { return }
    let until = now &+ UInt32(truncatingIfNeeded: SLUICE_PATH_SECONDS)
    sluice_store_word(paths + reported.tunnel, UInt64(until) &<< 32 | UInt64(server.pointee.incarnation) &<< 16 | UInt64(mtu))
  }

  /// Size of the largest outer packet to the server of a tunnel: the MTU of the route, or the learned one if it is lower.
  ///
  /// - Parameter length: of the outer packet. Up to the lowest MTU that can be learned, there is no look-up: small packets pay
  ///   nothing.
  @inline(__always) @_noLocks
  func tunnelMTU(_ server: UnsafeMutableRawPointer, for length: Int, now: UInt32) -> Int {
    let route = Int(server.raw16(SLUICE_SERVER_MTU))
    guard length > Int(PathMTU.minimumIPv4), let learned = learned(Int(server.raw32(SLUICE_SERVER_TUNNEL)), now: now) else {
      return route
    }
    return Int(learned.mtu) < route ? Int(learned.mtu) : route
  }
}

/// Checks of the MTU in an ICMP error.
enum PathMTU {
  /// A parsed ICMP error about a tunnel. It is passed from parsing to `learn` as one word in `ScratchPacket.hash`, which such a
  /// packet doesn't need.
  struct Reported {
    let tunnel: Int
    let mtu: Int

    @inline(__always) @_noLocks
    init(tunnel: UInt32, mtu: Int) {
      self.tunnel = Int(tunnel)
      self.mtu = mtu
    }

    @inline(__always) @_noLocks
    init(word: UInt64) {
      tunnel = Int(truncatingIfNeeded: word &>> 32)
      mtu = Int(truncatingIfNeeded: word & 0xffff_ffff)
    }

    var word: UInt64 {
      @inline(__always) @_noLocks get {
        UInt64(truncatingIfNeeded: tunnel) &<< 32 | UInt64(truncatingIfNeeded: mtu) & 0xffff_ffff
      }
    }
  }

  /// The lowest MTU that is learned for IPv4, as in Linux (net.ipv4.route.min_pmtu): with the standard's 68, one forged error
  /// would split every packet into dozens of fragments. No path in use has less than 576.
  static var minimumIPv4: UInt16 {
    @inline(__always) @_noLocks get { 552 }
  }

  /// The MTU to learn from an error; nil: ignore the error. An IPv6 MTU below 1280 must be ignored (RFC 8201 4).
  @inline(__always) @_noLocks
  static func plausible(_ mtu: Int, isIPv6: Bool) -> UInt16? {
    guard mtu <= 0xffff else { return nil }
    if isIPv6 { return mtu < IPv6.minimumMTU ? nil : UInt16(truncatingIfNeeded: mtu) }
    return mtu < Int(minimumIPv4) ? minimumIPv4 : UInt16(truncatingIfNeeded: mtu)
  }

  /// For an error with MTU 0, from a router older than RFC 1191: the next lower value of the plateau table (RFC 1191 7.1).
  @inline(__always) @_noLocks
  static func plateau(below length: Int) -> Int {
    if length > 32000 { return 32000 }
    if length > 17914 { return 17914 }
    if length > 8166 { return 8166 }
    if length > 4352 { return 4352 }
    if length > 2002 { return 2002 }
    if length > 1492 { return 1492 }
    return length > 1006 ? 1006 : 508
  }
}
