import ABI
import Packet

/// A fragment that is not its datagram's first: it has no ports, so whose it is, what its first became must say.
enum LaterFragment {
  /// Leaves all to `read`: only there is what first fragments became known.
  @inline(__always) @_noLocks
  static func found(at network: Int, isIPv6: Bool, _ packet: inout ScratchPacket) -> Outcome {
    packet.part = .later
    packet.network = UInt16(truncatingIfNeeded: network)
    packet.isIPv6 = isIPv6
    return .notForService
  }

  /// What the frame says of itself.
  struct Reading {
    /// Its datagram's.
    var tag: UInt64
    /// The protocol behind the IP header; in IPv6 what the fragment header names, which may be another extension header.
    var number: UInt8
    /// The VIP has a service whose datagram this may be a part of.
    var mayBeService: Bool
    /// Bytes of the packet, once it is found sound.
    var total: Int
    var refusal: Outcome?

    // Spelled out, since the compiler's own can't carry the attribute.
    @inline(__always) @_noLocks
    init(tag: UInt64, number: UInt8, mayBeService: Bool, total: Int, refusal: Outcome?) {
      self.tag = tag
      self.number = number
      self.mayBeService = mayBeService
      self.total = total
      self.refusal = refusal
    }
  }

  /// Nil where it is for no VIP.
  @_noLocks
  static func read(_ frame: Frame, _ packet: ScratchPacket, _ tables: Tables) -> Reading? {
    let header = frame.bytes + Int(packet.network)
    let available = Int(frame.length) &- Int(packet.network)
    if packet.isIPv6 { return readIPv6(header, available, tables) }
    let flags = tables.vipFlags(0, Tables.mapped(header.raw32(16)))
    guard flags >= 0 else { return nil }
    let words = Int(header.u8(0) & 15)
    let number = header.u8(9)
    return Reading(
      tag: Datagram.tag(ofIPv4: header, tables),
      number: number,
      mayBeService: flags & kind(number) != 0,
      total: Int(header.u16(2)),
      refusal: IPv4.refusal(header, available, words: words, least: words &* 4, tables)
    )
  }

  @inline(__always) @_noLocks
  private static func readIPv6(_ header: UnsafeMutableRawPointer, _ available: Int, _ tables: Tables) -> Reading? {
    let flags = tables.vipFlags(header.raw64(24), header.raw64(32))
    guard flags >= 0 else { return nil }
    let chain = IPv6.walk(header, available)
    // Other extension headers may follow, in the first fragment alone: then it may be any protocol's.
    let kinds = IPv6.isExtension(chain.number) ? Int(SLUICE_SLOT_TCP | SLUICE_SLOT_UDP) : kind(chain.number)
    return Reading(
      tag: Datagram.tag(ofIPv6: header, chain.identification, tables),
      number: chain.number,
      mayBeService: flags & kinds != 0,
      total: Int(header.u16(4)) &+ IPv6.headerLength,
      refusal: IPv6.refusal(header, available, chain, least: chain.offset &+ 8, tables)
    )
  }

  @inline(__always) @_noLocks
  private static func kind(_ number: UInt8) -> Int {
    number == 6 ? Int(SLUICE_SLOT_TCP) : number == 17 ? Int(SLUICE_SLOT_UDP) : 0
  }
}
