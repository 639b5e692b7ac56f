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

  /// Learns the MTU of an ICMP error that is believed, if it is not higher than the learned one: a late error must not undo a later
  /// one. The same value again extends the ten minutes.
  ///
  /// One error lowers the MTU by one step at most, and another one lowers it further only if it is about a packet that was sent since.
  @inline(__always) @_noLocks
  func learn(_ error: TunnelError, now: UInt32) {
    let server = servers + error.tunnel
    var mtu = error.mtu
    if let known = learned(error.tunnel, now: now) {
      let former = Int(known.mtu)
      if mtu > former { return }
      mtu = error.length > former ? former : PathMTU.lowered(from: former, to: mtu)
    } else {
      mtu = PathMTU.lowered(from: Int(server.pointee.mtu), to: mtu)
    }
    let until = now &+ UInt32(truncatingIfNeeded: SLUICE_PATH_SECONDS)
    let word = UInt64(until) &<< 32 | UInt64(server.pointee.incarnation) &<< 16 | UInt64(truncatingIfNeeded: mtu)
    sluice_store_word(paths + error.tunnel, word)
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

/// Which MTUs are learned from ICMP errors.
enum PathMTU {
  /// The lowest MTU that is learned for IPv4, as in Linux (net.ipv4.route.min_pmtu): with the standard's 68, one forged error
  /// would split every packet into dozens of fragments. No path in use has less than 576.
  static var minimumIPv4: UInt16 {
    @inline(__always) @_noLocks get { 552 }
  }

  /// The lowest MTU to believe. For IPv6 RFC 8201 4 requires to ignore an MTU below 1280. For IPv4 less needs a keyed proof: a path
  /// with less than 1280 is rare, and an error without it can be forged by any client.
  @inline(__always) @_noLocks
  static func least(_ proof: TunnelProof, isIPv6: Bool) -> Int {
    if case .keyed = proof, !isIPv6 { return Int(minimumIPv4) }
    return IPv6.minimumMTU
  }

  /// The reported MTU, or the next step if that is higher. The first step allows every MTU of a path that carries IPv6; those below
  /// are of the plateau table.
  @inline(__always) @_noLocks
  static func lowered(from mtu: Int, to reported: Int) -> Int {
    let step = mtu > IPv6.minimumMTU ? IPv6.minimumMTU : mtu > 1006 ? 1006 : Int(minimumIPv4)
    return reported < step ? step : reported
  }

  /// For an error with MTU 0, from a router older than RFC 1191: the next lower value of its plateau table (RFC 1191 7.1), with 1280
  /// added and 552 for 508: values that the director learns.
  @inline(__always) @_noLocks
  static func plateau(below length: Int) -> Int {
    if length > 32000 { return 32000 }
    if length > 17914 { return 17914 }
    if length > 8166 { return 8166 }
    if length > 4352 { return 4352 }
    if length > 2002 { return 2002 }
    if length > 1492 { return 1492 }
    if length > IPv6.minimumMTU { return IPv6.minimumMTU }
    return length > 1006 ? 1006 : Int(minimumIPv4)
  }
}
