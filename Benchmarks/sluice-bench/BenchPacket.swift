import Forwarding
import Packet

/// A packet from a client, or from a router on the client's path: written into a frame for flow n.
enum BenchPacket: String, Codable {
  /// 64 bytes on the wire, no payload.
  case tcp
  case tcp6
  /// An IP packet of 1400 bytes.
  case large
  /// An IP packet of 1480 bytes without DF.
  case fragmentable
  /// Host unreachable about a packet from the flow's server.
  case icmpError
  case echo
  /// In pairs of even and odd flows: a first fragment, and the later fragment of its datagram.
  case fragments

  /// Addresses and ports of flow n.
  private struct Flow {
    let number: Int
    /// Consecutive flows have different services in random order, so that prefetching can't learn it.
    let service: Int
    var client: UInt32 { 0x6400_0000 &+ UInt32(truncatingIfNeeded: number &>> 10) }  // 100.0.0.0 and up
    var vip: UInt32 { 0x0a00_0000 &+ 100 &+ UInt32(truncatingIfNeeded: service) }
    var port: UInt16 { UInt16(truncatingIfNeeded: 1024 &+ number & 1023) }

    init(_ number: Int) {
      self.number = number
      service = Int(truncatingIfNeeded: Maglev.mix(UInt64(number)) & UInt64(Scenario.services &- 1))
    }
  }

  /// Returns the frame's length.
  func write(to frame: UnsafeMutableRawPointer, _ number: Int, flags: UInt8) -> Int {
    frame.setRaw64(0, 0x0200_c100_0000_0002)
    frame.setRaw32(8, 0x0100_0000)
    frame.set16(12, self == .tcp6 ? 0x86dd : 0x0800)
    let packet = frame + 14
    let flow = Flow(number)
    switch self {
    case .tcp: return 14 + Self.tcp(packet, flow, flags, total: 40, fragment: 0x4000) + 6
    case .large: return 14 + Self.tcp(packet, flow, flags, total: 1400, fragment: 0x4000)
    case .fragmentable: return 14 + Self.tcp(packet, flow, flags, total: 1480, fragment: 0)
    case .tcp6: return 14 + Self.tcp6(packet, flow, flags)
    case .icmpError: return 14 + Self.icmpError(packet, flow)
    case .echo: return 14 + Self.echo(packet, flow)
    case .fragments: return 14 + Self.fragment(packet, number, flags)
    }
  }

  private static func tcp(_ packet: UnsafeMutableRawPointer, _ flow: Flow, _ flags: UInt8, total: Int, fragment: UInt16) -> Int {
    header(packet, from: flow.client, to: flow.vip, number: 6, total: total, fragment: fragment)
    segment(packet + 20, from: flow.port, to: 80, flags)
    return total
  }

  private static func tcp6(_ packet: UnsafeMutableRawPointer, _ flow: Flow, _ flags: UInt8) -> Int {
    packet.set16(0, 0x6000)
    packet.set16(2, 0)
    packet.set16(4, 20)
    packet.set16(6, 0x0640)
    packet.setRaw64(8, (0x2001_0db8_0000_0000 as UInt64).bigEndian)
    packet.setRaw64(16, UInt64(flow.client).bigEndian)
    packet.setRaw64(24, (0xfd00_0007_0000_0000 as UInt64).bigEndian)
    packet.setRaw64(32, (UInt64(100) + UInt64(flow.service)).bigEndian)
    segment(packet + 40, from: flow.port, to: 80, flags)
    return 60
  }

  private static func icmpError(_ packet: UnsafeMutableRawPointer, _ flow: Flow) -> Int {
    header(packet, from: 0xc633_6401, to: flow.vip, number: 1, total: 56, fragment: 0)
    let message = packet + 20
    message.set16(0, 0x0301)
    message.setRaw16(2, 0)
    message.setRaw32(4, 0)
    header(message + 8, from: flow.vip, to: flow.client, number: 6, total: 40, fragment: 0x4000)
    message.set16(28, 80)
    message.set16(30, flow.port)
    message.setRaw32(32, 1)
    message.set16(2, checksum(message, 36))
    return 56
  }

  private static func echo(_ packet: UnsafeMutableRawPointer, _ flow: Flow) -> Int {
    header(packet, from: flow.client, to: flow.vip, number: 1, total: 84, fragment: 0)
    let message = packet + 20
    message.initializeMemory(as: UInt8.self, repeating: 0x55, count: 64)
    message.set16(0, 0x0800)
    message.setRaw16(2, 0)
    message.set16(4, flow.port)
    message.set16(2, checksum(message, 64))
    return 84
  }

  private static func fragment(_ packet: UnsafeMutableRawPointer, _ number: Int, _ flags: UInt8) -> Int {
    let isLater = number & 1 == 1
    let flow = Flow(number & ~1)
    header(
      packet,
      from: flow.client,
      to: flow.vip,
      number: 6,
      total: 44,
      fragment: isLater ? 3 : 0x2000,
      identification: flow.port
    )
    segment(packet + 20, from: flow.port, to: 80, flags)
    return 44
  }

  static func segment(_ segment: UnsafeMutableRawPointer, from: UInt16, to: UInt16, _ flags: UInt8) {
    segment.set16(0, from)
    segment.set16(2, to)
    segment.setRaw64(4, 1)
    segment.set16(12, 0x5000 | UInt16(flags))
    segment.setRaw64(14, 0xffff)
    segment.setRaw32(22, 0)
  }

  static func header(
    _ header: UnsafeMutableRawPointer,
    from: UInt32,
    to: UInt32,
    number: UInt8,
    total: Int,
    fragment: UInt16,
    identification: UInt16 = 0
  ) {
    header.set16(0, 0x4500)
    header.set16(2, UInt16(truncatingIfNeeded: total))
    header.set16(4, identification)
    header.set16(6, fragment)
    header.set16(8, 0x4000 | UInt16(number))
    header.setRaw16(10, 0)
    header.setRaw32(12, from.bigEndian)
    header.setRaw32(16, to.bigEndian)
    header.set16(10, checksum(header, 20))
  }

  /// RFC 1071, for an even number of bytes.
  static func checksum(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> UInt16 {
    var sum: UInt32 = 0
    for at in stride(from: 0, to: count, by: 2) { sum &+= UInt32(bytes.u16(at)) }
    sum = (sum & 0xffff) &+ (sum &>> 16)
    sum = (sum & 0xffff) &+ (sum &>> 16)
    return UInt16(truncatingIfNeeded: ~sum)
  }
}
