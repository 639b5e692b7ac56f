import ABI
import Packet

/// Outer fragmentation: for an IPv6 packet of at most 1280 bytes in a tunnel with less room, the outer packet is fragmented (RFC
/// 2473 7.1, RFC 4213 3.2.1) and the end of the tunnel reassembles it. GUE and GRE checksums cover the whole packet.
extension Forwarder {
  @inline(__always) @_noLocks
  func fragmentOuter(_ frame: Frame, _ packet: ScratchPacket, _ server: UnsafeMutableRawPointer, at index: Int, mtu: Int)
    -> Verdict
  {
    let network = Int(packet.network)
    let inner = frame.bytes + network
    let encapsulation = Tunnel.encapsulation(server)
    let isIPv6 = Tunnel.isIPv6(server)
    // With IPv6 each fragment has a fragment header (RFC 8200 4.5).
    let header = isIPv6 ? IPv6.headerLength &+ 8 : IPv4.headerLength
    let payload = encapsulation &+ Int(packet.networkLength)
    let most = (mtu &- header) & ~7
    guard most >= 8 else { return .drop(.droppedTooBig, server: packet.server) }
    let front = header &+ linkLength(server)
    let start = network &- encapsulation &- front
    guard start &+ Int(frame.headroom) >= 0 else { return .drop(.droppedNoHeadroom, server: packet.server) }
    let count = (payload &+ most &- 1) / most
    guard outputFragments.pointee.hasRoom(for: count &- 1, most) else { return .drop(.droppedNoFrame, server: packet.server) }

    Hop.take(inner, isIPv6: true)
    let source = OuterSource(server, hash: packet.hash)
    let number = Tunnel.writeEncapsulation(
      before: inner,
      length: payload &- encapsulation,
      isIPv6: true,
      hash: packet.hash,
      source,
      server
    )
    let outer = OuterFragments(
      number: number,
      trafficClass: Outer.trafficClass(inner, isIPv6: true),
      hash: packet.hash,
      identification: identify(server),
      source: source
    )
    let first = inner - encapsulation
    outer.write(before: first, most, offset: 0, more: true, server)
    writeLink(first - front, server, isIPv6: isIPv6)
    var offset = most
    while offset < payload {
      let rest = payload &- offset
      let length = rest < most ? rest : most
      let outputFragment = outputFragments.pointee.next + OutputFragments.headroom
      outputFragment.copyMemory(from: first + offset, byteCount: length)
      outer.write(before: outputFragment, length, offset: offset, more: rest > most, server)
      writeLink(outputFragment - front, server, isIPv6: isIPv6)
      add(length, front: front, packet, server, of: index)
      offset &+= length
    }
    return forwarded(packet, server, start: start, length: front &+ most)
  }
}

/// The common fields of the outer headers of one packet's fragments.
struct OuterFragments {
  let number: UInt8
  let trafficClass: UInt8
  let hash: UInt64
  /// From the tunnel's counter; IPv4 uses the lower half.
  let identification: UInt32
  let source: OuterSource

  // Explicit, because the compiler's memberwise init doesn't have the attribute.
  @inline(__always) @_noLocks
  init(number: UInt8, trafficClass: UInt8, hash: UInt64, identification: UInt32, source: OuterSource) {
    self.number = number
    self.trafficClass = trafficClass
    self.hash = hash
    self.identification = identification
    self.source = source
  }

  /// - Parameters:
  ///   - count: length of this fragment's payload.
  ///   - offset: of this fragment's payload in the whole.
  @inline(__always) @_noLocks
  func write(before payload: UnsafeMutableRawPointer, _ count: Int, offset: Int, more: Bool, _ server: UnsafeMutableRawPointer) {
    guard Tunnel.isIPv6(server) else {
      Outer.ipv4(
        before: payload,
        count,
        number,
        trafficClass: trafficClass,
        identification: UInt16(truncatingIfNeeded: identification),
        fragment: UInt16(truncatingIfNeeded: offset &>> 3) | (more ? IPv4.moreFragments : 0),
        from: source.ipv4,
        server
      )
      return
    }
    let header = payload - 8
    header.set16(0, UInt16(number) &<< 8)
    header.set16(2, UInt16(truncatingIfNeeded: offset) | (more ? 1 : 0))
    header.setRaw32(4, identification.bigEndian)
    let from = (source.high, source.low)
    Outer.ipv6(before: header, count &+ 8, 44, trafficClass: trafficClass, hash: hash, from: from, server)
  }
}
