import ABI
import Packet

/// What an ICMP error has told of the way to a real server reached by a tunnel, while it holds.
package struct LearnedMTU: Equatable {
  /// Bytes of the largest outer packet.
  package var mtu: UInt16
  /// Seconds it still holds for.
  package var remaining: UInt32

  // Spelled out, since the compiler's own can't carry the attribute.
  @inline(__always) @_noLocks
  init(mtu: UInt16, remaining: UInt32) {
    self.mtu = mtu
    self.remaining = remaining
  }
}

/// The table of paths: a word a tunnel, laid out as SLUICE_PATH_SECONDS in tables.h says. Any worker writes, all read, whole words and no more:
/// two that learn of one tunnel at once leave one of two true answers, and the next error brings the other again.
extension Tables {
  /// What holds now of the way to the server of index `tunnel` (sluice_server.tunnel); nil where nothing was told, for too long, or of the
  /// server that had this index before.
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

  /// Takes note of what an error says. An MTU is only ever lowered: under the route's own, and under what holds already, or a forged or late
  /// error would undo a true one. The same value again holds for ten minutes more.
  @inline(__always) @_noLocks
  func learn(_ reported: PathMTU.Reported, now: UInt32) {
    let server = servers + reported.tunnel
    let isIPv6 = server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_IPV6) != 0
    guard let mtu = PathMTU.believable(reported.mtu, isIPv6: isIPv6), mtu < server.pointee.mtu else { return }
    if let known = learned(reported.tunnel, now: now), mtu > known.mtu { return }
    let until = now &+ UInt32(truncatingIfNeeded: SLUICE_PATH_SECONDS)
    sluice_store_word(paths + reported.tunnel, UInt64(until) &<< 32 | UInt64(server.pointee.incarnation) &<< 16 | UInt64(mtu))
  }

  /// Bytes of the largest outer packet on the way to a tunnel's server: what the route says, or less where an error has told so.
  ///
  /// - Parameter length: of the packet that asks. One that no error can have made too big asks no further: small packets pay nothing.
  @inline(__always) @_noLocks
  func tunnelMTU(_ server: UnsafeMutableRawPointer, for length: Int, now: UInt32) -> Int {
    let route = Int(server.raw16(SLUICE_SERVER_MTU))
    guard length > Int(PathMTU.leastIPv4), let learned = learned(Int(server.raw32(SLUICE_SERVER_TUNNEL)), now: now) else {
      return route
    }
    return Int(learned.mtu) < route ? Int(learned.mtu) : route
  }
}

/// What may be believed of an MTU in an ICMP error.
enum PathMTU {
  /// Of a tunnel, as parsed; carried from there to its learning as one word, `Packet.hash`, which such a packet has no other use for.
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

  /// The least that is believed of IPv4, as Linux has it (net.ipv4.route.min_pmtu): the standard's 68 would let one forged error cut every
  /// client's packets into a hundred. No way in use has less than 576.
  static var leastIPv4: UInt16 {
    @inline(__always) @_noLocks get { 552 }
  }

  /// What an error's MTU is taken for; nil: for nothing. Less than IPv6's least is to be discarded (RFC 8201 4).
  @inline(__always) @_noLocks
  static func believable(_ mtu: Int, isIPv6: Bool) -> UInt16? {
    guard mtu <= 0xffff else { return nil }
    if isIPv6 { return mtu < IPv6.leastMTU ? nil : UInt16(truncatingIfNeeded: mtu) }
    return mtu < Int(leastIPv4) ? leastIPv4 : UInt16(truncatingIfNeeded: mtu)
  }

  /// For an error of a router older than RFC 1191, which says 0: the next lower of the MTUs there are (RFC 1191 7.1), down to what is believed.
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
