import ABI

/// Maglev on the packet path: the flow hash names a slot of the service's ring, the slot names the server. `Maglev` fills the ring.
enum MaglevRing {
  /// The packet's slot: the upper half of its hash, scaled; no division. The lower half has placed the flow in its bucket.
  @inline(__always) @_noLocks
  static func slot(_ packet: ScratchPacket, _ tables: Tables) -> UnsafeMutablePointer<UInt16> {
    let service = tables.services + Int(packet.service)
    // Shifts bind tighter than products here, unlike in C.
    let slot = ((packet.hash &>> 32) &* UInt64(service.pointee.ring_size)) &>> 32
    return tables.rings + (Int(service.pointee.ring_start) &+ Int(truncatingIfNeeded: slot))
  }

  @inline(__always) @_noLocks
  static func prefetch(_ packet: ScratchPacket, _ tables: Tables) { sluice_prefetch(slot(packet, tables)) }

  @inline(__always) @_noLocks
  static func peek(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 { member(packet, tables).pointee }

  @inline(__always) @_noLocks
  static func pick(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 {
    let service = tables.services + Int(packet.service)
    guard service.pointee.ring_size != 0 else { return Verdict.noServer }
    let number = slot(packet, tables).pointee
    guard number != UInt16(truncatingIfNeeded: SLUICE_NO_MEMBER) else { return Verdict.noServer }
    return tables.members[Int(service.pointee.member_start) &+ Int(number)]
  }

  /// The place that the packet's slot names; of an empty ring some other, within the arena all the same.
  @inline(__always) @_noLocks
  private static func member(_ packet: ScratchPacket, _ tables: Tables) -> UnsafeMutablePointer<UInt32> {
    let service = tables.services + Int(packet.service)
    let number = UInt32(slot(packet, tables).pointee)
    let known = number < service.pointee.member_count ? number : 0
    return tables.members + Int(service.pointee.member_start &+ known)
  }
}
