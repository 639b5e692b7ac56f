import Forwarding
import Packet

/// A kind of packet that a hostile client sends, or plain UDP to compare it with: one frame for each number.
enum HostilePacket: String, CaseIterable, Codable {
  /// Datagrams of `knownFlows` flows.
  case plain = "plain UDP"
  /// The first fragment never arrives.
  case laterFragments = "later fragments"
  /// Each of another datagram and flow.
  case firstFragments = "first fragments"
  /// Host unreachable, about flows that no worker knows.
  case strayErrors = "ICMP errors, unknown flows"
  /// Host unreachable, about the flows of plain UDP. They arrive on any queue.
  case flowErrors = "ICMP errors, known flows"
  /// Each SYN is followed by the ACK of its handshake, so that the flow is confirmed.
  case handshakes = "SYN and ACK pairs"
  case pings

  static let hostile = allCases.filter { $0 != .plain }
  static let knownFlows: UInt64 = 4096
  /// Frames of all kinds have the minimum size of Ethernet without its checksum, except ICMP errors.
  var length: Int { self == .strayErrors || self == .flowErrors ? 70 : 60 }

  /// Writes the frame with this number. Different numbers have different clients, except for known flows.
  func write(to frame: UnsafeMutableRawPointer, _ number: UInt64) {
    for at in 0..<6 {
      frame.storeBytes(of: BenchNamespace.d0[at], toByteOffset: at, as: UInt8.self)
      frame.storeBytes(of: BenchNamespace.s0[at], toByteOffset: 6 + at, as: UInt8.self)
    }
    frame.set16(12, 0x0800)
    let packet = frame + 14
    switch self {
    case .plain: Self.datagram(packet, Client(number % Self.knownFlows), fragment: 0x4000)
    case .laterFragments: Self.datagram(packet, Client(random: number), fragment: 3)
    case .firstFragments: Self.datagram(packet, Client(random: number), fragment: 0x2000)
    case .strayErrors: Self.icmpError(packet, about: Client(random: number))
    case .flowErrors: Self.icmpError(packet, about: Client(number % Self.knownFlows))
    case .handshakes: Self.segment(packet, Client(random: number / 2), isSYN: number % 2 == 0)
    case .pings: Self.echo(packet, Client(random: number))
    }
  }

  /// Address and port, and the identification of its datagrams.
  private struct Client {
    let address: UInt32
    let port: UInt16
    let identification: UInt16

    /// A client of plain UDP, in 100.0.0.0/12.
    init(_ number: UInt64) {
      address = 0x6400_0000 | UInt32(truncatingIfNeeded: Maglev.mix(number) & 0xf_ffff)
      port = UInt16(truncatingIfNeeded: 1024 + number)
      identification = port
    }

    /// Any client in 101.0.0.0/8.
    init(random number: UInt64) {
      let bits = Maglev.mix(number &+ 1 << 32)
      address = 0x6500_0000 | UInt32(truncatingIfNeeded: bits & 0xff_ffff)
      port = 1024 | UInt16(truncatingIfNeeded: bits >> 24)
      identification = UInt16(truncatingIfNeeded: bits >> 40)
    }
  }

  static let vip: UInt32 = 0x0ac8_0000  // 10.200.0.0, as `BenchServices` has it

  private static func datagram(_ packet: UnsafeMutableRawPointer, _ client: Client, fragment: UInt16) {
    header(packet, from: client, number: 17, total: 44, fragment: fragment)
    packet.set16(20, client.port)
    packet.set16(22, 53)
    // Without a checksum. The length of a fragmented datagram is that of the whole.
    packet.set16(24, fragment & 0x2000 == 0 ? 24 : 1024)
    packet.setRaw16(26, 0)
    packet.setRaw64(28, 0)
    packet.setRaw64(36, 0)
  }

  private static func segment(_ packet: UnsafeMutableRawPointer, _ client: Client, isSYN: Bool) {
    header(packet, from: client, number: 6, total: 40, fragment: 0x4000)
    BenchPacket.segment(packet + 20, from: client.port, to: 80, isSYN ? 0x02 : 0x10)
  }

  private static func icmpError(_ packet: UnsafeMutableRawPointer, about client: Client) {
    header(packet, from: Client(random: UInt64(client.port)), number: 1, total: 56, fragment: 0)
    let message = packet + 20
    message.set16(0, 0x0301)
    message.setRaw16(2, 0)
    message.setRaw32(4, 0)
    BenchPacket.header(message + 8, from: vip, to: client.address, number: 17, total: 44, fragment: 0x4000)
    message.set16(28, 53)
    message.set16(30, client.port)
    message.set16(32, 24)
    message.setRaw16(34, 0)
    message.set16(2, BenchPacket.checksum(message, 36))
  }

  private static func echo(_ packet: UnsafeMutableRawPointer, _ client: Client) {
    header(packet, from: client, number: 1, total: 44, fragment: 0)
    let message = packet + 20
    message.setRaw64(0, 0)
    message.setRaw64(8, 0)
    message.setRaw64(16, 0)
    message.set16(0, 0x0800)
    message.set16(4, client.port)
    message.set16(2, BenchPacket.checksum(message, 24))
  }

  private static func header(
    _ packet: UnsafeMutableRawPointer,
    from client: Client,
    number: UInt8,
    total: Int,
    fragment: UInt16
  ) {
    BenchPacket.header(
      packet,
      from: client.address,
      to: vip,
      number: number,
      total: total,
      fragment: fragment,
      identification: client.identification
    )
  }
}
