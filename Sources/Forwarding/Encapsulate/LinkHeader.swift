import ABI
import Packet

/// The Ethernet header of frames to a server, with VLAN tags.
extension Forwarder {
  @inline(__always) @_noLocks
  func linkLength(_ server: UnsafeMutableRawPointer) -> Int { Ethernet.headerLength &+ tags(server) &* Ethernet.tagLength }

  /// The server record begins with both MAC addresses in wire order, so twelve bytes are copied.
  ///
  /// - Parameter isIPv6: whether the following packet is IPv6.
  @inline(__always) @_noLocks
  func writeLink(_ header: UnsafeMutableRawPointer, _ server: UnsafeMutableRawPointer, isIPv6: Bool) {
    header.setRaw64(0, server.raw64(0))
    header.setRaw32(8, server.raw32(8))
    let tags = tags(server)
    var at = 12
    if tags != 0 {
      let flags = server.u8(SLUICE_SERVER_FLAGS)
      header.set16(at, flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_OUTER_8021AD) != 0 ? 0x88a8 : 0x8100)
      header.set16(at &+ 2, server.raw16(12))
      at &+= 4
      if tags == 2 {
        header.set16(at, flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_INNER_8021AD) != 0 ? 0x88a8 : 0x8100)
        header.set16(at &+ 2, server.raw16(14))
        at &+= 4
      }
    }
    header.set16(at, isIPv6 ? 0x86dd : 0x0800)
  }

  @inline(__always) @_noLocks
  private func tags(_ server: UnsafeMutableRawPointer) -> Int {
    Int(server.u8(SLUICE_SERVER_FLAGS) &>> UInt8(truncatingIfNeeded: SLUICE_SERVER_TAGS_SHIFT))
  }
}
