import Packet

/// Checks of TCP and UDP headers, for both families.
enum Transport {
  /// Returns the refusal for the header at `offset` of the packet, or nil; sets `flags` to TCP's flags, 0 for UDP. A first fragment must hold
  /// 20 bytes of TCP or 8 of UDP (RFC 1858, RFC 3128); length fields apply to the whole datagram.
  @inline(__always) @_noLocks
  static func check(
    _ packet: UnsafeMutableRawPointer,
    at offset: Int,
    payload: Int,
    _ number: UInt8,
    isFragment: Bool,
    _ flags: inout UInt8
  ) -> Outcome? {
    if number == 6 {
      guard payload >= 20 else { return isFragment ? .droppedFragment : .droppedBadLength }
      let header = Int(packet.u8(offset &+ 12) &>> 4) &* 4
      guard header >= 20 else { return .droppedBadHeader }
      guard isFragment || header <= payload else { return .droppedBadLength }
      flags = packet.u8(offset &+ 13)
    } else {
      guard payload >= 8 else { return isFragment ? .droppedFragment : .droppedBadLength }
      let claimed = Int(packet.u16(offset &+ 4))
      guard claimed >= 8, isFragment || claimed <= payload else { return .droppedBadLength }
      flags = 0
    }
    return nil
  }
}
