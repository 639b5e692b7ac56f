@testable import Forwarding

/// A client's IPv6 packet, field by field. By default it is a valid SYN from 2001:db8:c::1 to port 80 of 2001:db8::100. Every
/// field is written as a test sets it, even if it is wrong.
struct ClientPacketIPv6 {
  /// Type and TCI of each VLAN tag, outer first.
  var tags: [(type: UInt16, tci: UInt16)] = []
  var etherType: UInt16 = 0x86dd
  var version: UInt8 = 6
  var trafficClass: UInt8 = 0
  var flowLabel: UInt32 = 0x12345
  /// Nil: the correct length.
  var payloadLength: UInt16?
  var hopLimit: UInt8 = 63
  var source: [UInt8] = client(1)
  var destination: [UInt8] = vip(0x100)
  var extensions: [Extension] = []
  /// The next header of the last extension header: the transport's protocol.
  var number: UInt8 = 6
  var sourcePort: UInt16 = 40000
  var destinationPort: UInt16 = 80
  var tcpFlags: UInt8 = 0x02
  var dataOffset: UInt8 = 5
  /// Nil: the correct length.
  var udpLength: UInt16?
  var payload: [UInt8] = []
  /// Nil: built from the fields above.
  var transport: [UInt8]?
  /// Bytes after the packet.
  var padding = 0
  /// How many bytes of the packet the frame lacks.
  var cut = 0

  init(_ change: (inout ClientPacketIPv6) -> Void = { _ in }) { change(&self) }

  /// A datagram to the DNS service.
  static func udp6(_ change: (inout ClientPacketIPv6) -> Void = { _ in }) -> ClientPacketIPv6 {
    ClientPacketIPv6 {
      $0.number = 17
      $0.destinationPort = 53
      $0.payload = Array("what is the address of sluice?".utf8)
      change(&$0)
    }
  }

  /// 2001:db8::last
  static func vip(_ last: UInt16) -> [UInt8] { [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 10) + big(last) }
  /// 2001:db8:c::last
  static func client(_ last: UInt16) -> [UInt8] {
    [0x20, 0x01, 0x0d, 0xb8, 0, 0x0c] + [UInt8](repeating: 0, count: 8) + big(last)
  }

  /// The whole frame.
  var bytes: [UInt8] {
    var frame: [UInt8] = [0x02, 0, 0, 0, 0, 0xd1, 0x02, 0, 0, 0, 0, 0xc1]
    for tag in tags { frame += big(tag.type) + big(tag.tci) }
    return (frame + big(etherType) + packet + [UInt8](repeating: 0xee, count: padding)).dropLast(cut)
  }

  /// From the IP header on, without padding.
  var packet: [UInt8] {
    let valid = ClientPacket {
      $0.number = number
      $0.sourcePort = sourcePort
      $0.destinationPort = destinationPort
      $0.tcpFlags = tcpFlags
      $0.dataOffset = dataOffset
      $0.udpLength = udpLength
      $0.payload = payload
    }
    let numbers = extensions.map(\.number) + [number]
    let chain = zip(extensions, numbers.dropFirst()).flatMap { [$1] + $0.rest }
    let body = chain + (transport ?? Array(valid.packet[20...]))
    let first = UInt32(version) << 28 | UInt32(trafficClass) << 20 | flowLabel
    let header = big(UInt16(first >> 16)) + big(UInt16(first & 0xffff))
    return header + big(payloadLength ?? UInt16(body.count)) + [numbers[0], hopLimit] + source + destination + body
  }

  /// An extension header: its number, and the bytes after its next-header byte.
  struct Extension {
    var number: UInt8
    var rest: [UInt8]

    /// Filled with PadN options (RFC 8200 4.2); `units` of 8 bytes after the first 8.
    private static func options(_ number: UInt8, units: Int) -> Extension {
      var rest: [UInt8] = [UInt8(units), 1, 4, 0, 0, 0, 0]
      for _ in 0..<units { rest += [1, 6, 0, 0, 0, 0, 0, 0] }
      return Extension(number: number, rest: rest)
    }

    static func hopByHop(units: Int = 0) -> Extension { options(0, units: units) }
    static func destination(units: Int = 0) -> Extension { options(60, units: units) }

    /// RFC 8200 4.4, with one address.
    static func routing(type: UInt8, left: UInt8) -> Extension {
      Extension(number: 43, rest: [2, type, left, 0, 0, 0, 0] + ClientPacketIPv6.vip(0x999))
    }

    /// RFC 8200 4.5; the offset in units of 8 bytes.
    static func fragment(
      offset: UInt16 = 0,
      more: Bool = false,
      reserved: UInt8 = 0,
      identification: UInt32 = 0x0102_0304
    ) -> Extension {
      let name = big(UInt16(identification >> 16)) + big(UInt16(identification & 0xffff))
      return Extension(number: 44, rest: [reserved] + big(offset << 3 | (more ? 1 : 0)) + name)
    }

    /// RFC 4302 2.2 with a check value of 12 bytes: 24 bytes in all, so the length field is 6 words - 2.
    static var authentication: Extension {
      Extension(number: 51, rest: [4, 0, 0] + [0, 0, 1, 0, 0, 0, 0, 1] + [UInt8](repeating: 0xa5, count: 12))
    }
  }
}

extension Case {
  /// A TCP packet to the IPv6 web service, changed.
  static func tcp6(
    _ sentence: String,
    _ outcome: Outcome,
    _ change: @escaping @Sendable (inout ClientPacketIPv6) -> Void = { _ in }
  ) -> Case {
    Case(sentence: sentence, outcome: outcome) { ClientPacketIPv6(change).bytes }
  }

  /// A datagram to the IPv6 DNS service, changed.
  static func udp6(
    _ sentence: String,
    _ outcome: Outcome,
    _ change: @escaping @Sendable (inout ClientPacketIPv6) -> Void = { _ in }
  ) -> Case {
    Case(sentence: sentence, outcome: outcome) { ClientPacketIPv6.udp6(change).bytes }
  }
}

extension TestDirector {
  func forward(_ packet: ClientPacketIPv6, headroom: Int = 256) -> Forwarded { forward([packet.bytes], headroom: headroom)[0] }
}
