import ABI
import Packet

/// The answer to new flows of a service without a live server: ICMP port unreachable, or a TCP reset if the service is configured
/// so.
extension Forwarder {
  @inline(never) @_noLocks
  func noServer(_ frame: Frame, _ packet: ScratchPacket, _ tables: Tables, now: UInt32) -> Verdict {
    let refused = Verdict.drop(.droppedNoServer, server: packet.server)
    // No ICMP error about a later fragment (RFC 1122 3.2.2); the first one was answered.
    guard packet.isTransport, !packet.isLater else { return refused }
    let resets = tables.services[Int(packet.service)].flags & UInt8(truncatingIfNeeded: SLUICE_SERVICE_RESET) != 0
    if resets, packet.transport == 6 { return reset(frame, packet, otherwise: refused, now: now) }
    // Port unreachable: 3/3 of RFC 792, 1/4 of RFC 4443.
    let (type, code): (UInt8, UInt8) = packet.isIPv6 ? (1, 4) : (3, 3)
    return error(.unreachable, frame, packet, type: type, code: code, 0, otherwise: refused, now: now)
  }

  /// The reset of a closed port (RFC 9293 3.10.7.1). Not sent in answer to a reset, nor to a first fragment: the acknowledgment
  /// number needs the length of the segment, which a fragment doesn't have.
  @inline(__always) @_noLocks
  private func reset(_ frame: Frame, _ packet: ScratchPacket, otherwise: Verdict, now: UInt32) -> Verdict {
    let ip = frame.bytes + Int(packet.network)
    let total = Int(packet.networkLength)
    let transport: Int
    let isFragment: Bool
    if packet.isIPv6 {
      let chain = IPv6.walk(ip, total)
      transport = chain.offset
      isFragment = chain.isFirstFragment
    } else {
      transport = Int(ip.u8(0) & 15) &* 4
      isFragment = ip.u16(6) & IPv4.moreFragments != 0
    }
    guard !TCPFlag.isRST(packet.flags), !isFragment, mayAnswer(frame) else { return otherwise }
    guard mayOriginate(.reset, now: now) else { return .drop(.droppedRateLimited, server: packet.server) }

    let segment = ip + transport
    let ports = segment.raw32(0)
    let sequence = UInt32(bigEndian: segment.raw32(4))
    let acknowledgment = segment.raw32(8)
    var length = UInt32(truncatingIfNeeded: total &- transport &- Int(segment.u8(12) &>> 4) &* 4)
    if TCPFlag.isSYN(packet.flags) { length &+= 1 }
    if TCPFlag.isFIN(packet.flags) { length &+= 1 }

    // Written over the client's packet, which is at least as long and has been read.
    let header = packet.isIPv6 ? IPv6.headerLength : IPv4.headerLength
    let tcp = ip + header
    let before: UInt64
    if packet.isIPv6 {
      Originate.ipv6(ip, payload: 20, 6, from: (ip.raw64(24), ip.raw64(32)), to: (ip.raw64(8), ip.raw64(16)))
      before = Checksum.pseudoHeader(ofIPv6: ip, payload: 20, 6)
    } else {
      Originate.ipv4(ip, payload: 20, 6, typeOfService: 0, from: ip.raw32(16), to: ip.raw32(12))
      before = Checksum.pseudoHeader(ofIPv4: ip, payload: 20, 6)
    }
    tcp.setRaw32(0, ports &<< 16 | ports &>> 16)
    if TCPFlag.isACK(packet.flags) {
      tcp.setRaw32(4, acknowledgment)
      tcp.setRaw32(8, 0)
    } else {
      tcp.setRaw32(4, 0)
      tcp.setRaw32(8, (sequence &+ length).bigEndian)
    }
    // Data offset of five words; RST, with ACK when something is acknowledged; window, checksum and urgent pointer 0.
    tcp.set16(12, TCPFlag.isACK(packet.flags) ? 0x5004 : 0x5014)
    tcp.setRaw16(14, 0)
    tcp.setRaw32(16, 0)
    tcp.setRaw16(16, ~Checksum.fold(Checksum.sum(tcp, 20, before)))
    swapAddresses(frame, packet, to: 0)
    return reply(.reset, frame, packet, start: 0, length: header &+ 20)
  }
}
