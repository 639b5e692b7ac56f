import ABI
import Packet

/// A later fragment: it has no ports, so its datagram's first fragment decides where it goes.
enum LaterFragment {
  /// Marks the packet as a later fragment; `read` does the rest, after first fragments of the batch are placed.
  @inline(__always) @_noLocks
  static func found(at network: Int, isIPv6: Bool, _ packet: inout ScratchPacket) -> Outcome {
    packet.part = .later
    packet.network = UInt16(truncatingIfNeeded: network)
    packet.isIPv6 = isIPv6
    return .notForService
  }

  /// The result of parsing a later fragment.
  struct Reading {
    /// The key of its datagram.
    var tag: UInt64
    /// The protocol number of the IP header; for IPv6 that of the fragment header, which may be another extension header's.
    var number: UInt8
    /// Whether the VIP has a service that the datagram may belong to.
    var mayBeService: Bool
    /// Total length of the packet; valid without a refusal.
    var total: Int
    var refusal: Outcome?

    // Explicit, because the compiler's memberwise init doesn't have the attribute.
    @inline(__always) @_noLocks
    init(tag: UInt64, number: UInt8, mayBeService: Bool, total: Int, refusal: Outcome?) {
      self.tag = tag
      self.number = number
      self.mayBeService = mayBeService
      self.total = total
      self.refusal = refusal
    }
  }

  /// Nil when the destination is not a VIP.
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
    // Only the first fragment has the following extension headers, so any protocol is possible.
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
