import CTables

/// The outer header of the IP-in-IP family (RFC 2003, RFC 2473, RFC 4213), of either family around either. TTL and hop limit 64. DSCP and ECN
/// are the inner packet's (RFC 6040 4.1, normal mode).
extension Forwarder {
  /// DF is the inner packet's, and set around IPv6, which no router fragments. The identification is 0 with DF, else counts up per tunnel
  /// (RFC 6864), workers taking turns so that they don't repeat each other.
  @inline(__always) @_noLocks
  func writeOuterIPv4(before inner: UnsafeMutableRawPointer, _ packet: Packet, _ server: UnsafeMutableRawPointer) {
    let header = inner - IPv4.headerLength
    let fragment = packet.isIPv6 ? IPv4.dontFragment : inner.u16(6) & IPv4.dontFragment
    var identification: UInt16 = 0
    if fragment == 0 {
      let tunnel = counters.servers + Int(server.raw16(60))
      identification = UInt16(truncatingIfNeeded: tunnel.pointee.identification &* UInt64(workerStep) &+ UInt64(worker))
      tunnel.pointee.identification &+= 1
    }
    // Five words, each built in a register as it lies in memory (little endian) and summed there: reading back bytes just stored in other
    // sizes would wait for the stores.
    let total = Int(packet.networkLength) &+ IPv4.headerLength
    let first =
      0x45 | UInt32(trafficClass(inner, packet)) &<< 8 | UInt32(UInt16(truncatingIfNeeded: total).bigEndian) &<< 16
    let second = UInt32(identification.bigEndian) | UInt32(fragment.bigEndian) &<< 16
    let third: UInt32 = 64 | UInt32(protocolNumber(packet)) &<< 8  // checksum to come
    let source = server.raw32(SLUICE_SERVER_TUNNEL_SOURCE &+ 12)
    let destination = server.raw32(SLUICE_SERVER_ADDRESS &+ 12)
    let sum = UInt64(first) &+ UInt64(second) &+ UInt64(third) &+ UInt64(source) &+ UInt64(destination)
    header.setRaw32(0, first)
    header.setRaw32(4, second)
    header.setRaw32(8, third | UInt32(~Checksum.fold(sum)) &<< 16)
    header.setRaw32(12, source)
    header.setRaw32(16, destination)
  }

  /// The flow label is the flow's hash, never 0 (RFC 6438): routers and receive queues spread tunnels by it.
  @inline(__always) @_noLocks
  func writeOuterIPv6(before inner: UnsafeMutableRawPointer, _ packet: Packet, _ server: UnsafeMutableRawPointer) {
    let header = inner - IPv6.headerLength
    var label = UInt32(truncatingIfNeeded: packet.hash &>> 44)
    if label == 0 { label = 1 }
    let first = 0x6000_0000 | UInt32(trafficClass(inner, packet)) &<< 20 | label
    header.setRaw32(0, first.bigEndian)
    header.set16(4, packet.networkLength)
    header.set8(6, protocolNumber(packet))
    header.set8(7, 64)
    header.setRaw64(8, server.raw64(SLUICE_SERVER_TUNNEL_SOURCE))
    header.setRaw64(16, server.raw64(SLUICE_SERVER_TUNNEL_SOURCE &+ 8))
    header.setRaw64(24, server.raw64(SLUICE_SERVER_ADDRESS))
    header.setRaw64(32, server.raw64(SLUICE_SERVER_ADDRESS &+ 8))
  }

  /// What is inside: 4 is IPv4, 41 IPv6.
  @inline(__always) @_noLocks
  private func protocolNumber(_ packet: Packet) -> UInt8 { packet.isIPv6 ? 41 : 4 }

  @inline(__always) @_noLocks
  private func trafficClass(_ inner: UnsafeMutableRawPointer, _ packet: Packet) -> UInt8 {
    packet.isIPv6 ? UInt8(truncatingIfNeeded: inner.u16(0) &>> 4) : inner.u8(1)
  }
}
