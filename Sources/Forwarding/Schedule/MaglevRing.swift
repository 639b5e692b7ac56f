import ABI

/// Maglev on the packet path: the flow hash selects a slot of the service's ring, which names the server. `Maglev` fills the ring.
enum MaglevRing {
  /// The packet's slot: the upper half of its hash, scaled, without a division. The lower half selects the flow's bucket.
  @inline(__always) @_noLocks
  static func slot(_ packet: ScratchPacket, _ tables: Tables) -> UnsafeMutablePointer<UInt16> {
    let service = tables.services + Int(packet.service)
    // In Swift shifts bind tighter than products, unlike in C.
    let slot = ((packet.hash &>> 32) &* UInt64(service.pointee.ring_size)) &>> 32
    return tables.rings + (Int(service.pointee.ring_start) &+ Int(truncatingIfNeeded: slot))
  }

  @inline(__always) @_noLocks
  static func prefetch(_ packet: ScratchPacket, _ tables: Tables) { sluice_prefetch(slot(packet, tables)) }

  @inline(__always) @_noLocks
  static func peek(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 { member(packet, tables).pointee }

  /// - Parameter limits: nil: thresholds don't count.
  @inline(__always) @_noLocks
  static func pick(_ packet: ScratchPacket, _ tables: Tables, _ limits: ServerLimits?) -> UInt32 {
    let service = tables.services + Int(packet.service)
    guard service.pointee.ring_size != 0 else { return Verdict.noServer }
    let number = slot(packet, tables).pointee
    guard number != UInt16(truncatingIfNeeded: SLUICE_NO_MEMBER) else { return Verdict.noServer }
    let server = tables.members[Int(service.pointee.member_start) &+ Int(number)]
    guard let limits, ServerLimits.exist(service) else { return server }
    return next(from: server, packet, tables, limits)
  }

  /// The server of the first of the next slots that is not overloaded. Slots lie in random order, so a few are enough unless nearly all are
  /// overloaded; then the flow is refused, as LVS refuses it.
  @inline(never) @_noLocks
  private static func next(
    from server: UInt32,
    _ packet: ScratchPacket,
    _ tables: Tables,
    _ limits: ServerLimits
  ) -> UInt32 {
    guard limits.isOverloaded(server, tables) else { return server }
    let service = tables.services + Int(packet.service)
    let ring = tables.rings + Int(service.pointee.ring_start)
    let size = Int(service.pointee.ring_size)
    var place = ring.distance(to: slot(packet, tables))
    var tries = 0
    while tries < Int(ServerLimits.mostSlots) {
      place = place &+ 1 == size ? 0 : place &+ 1
      let number = ring[place]
      if number == UInt16(truncatingIfNeeded: SLUICE_NO_MEMBER) { break }
      let other = tables.members[Int(service.pointee.member_start) &+ Int(number)]
      if !limits.isOverloaded(other, tables) { return other }
      tries &+= 1
    }
    return Verdict.noServer
  }

  /// The member number in the packet's slot; for an empty ring that of an unrelated slot, still within the arena.
  @inline(__always) @_noLocks
  private static func member(_ packet: ScratchPacket, _ tables: Tables) -> UnsafeMutablePointer<UInt32> {
    let service = tables.services + Int(packet.service)
    let number = UInt32(slot(packet, tables).pointee)
    let known = number < service.pointee.member_count ? number : 0
    return tables.members + Int(service.pointee.member_start &+ known)
  }
}
