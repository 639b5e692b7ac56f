/// A client's packet over IPv6 in Ethernet; by default a valid SYN from [2001:db8::1]:40000 to [fd00:77::100]:80.
struct TestFrameIPv6 {
  var destinationMAC = TestFrame.directorMAC
  var tags: [(type: UInt16, tci: UInt16)] = []
  var version: UInt8 = 6
  /// Extension headers, outermost first.
  var extensions: [Extension] = []
  var hopLimit: UInt8 = 63
  var number: UInt8 = 6
  var source: [UInt8] = [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]
  var destination: [UInt8] = vip(0x00)
  var sourcePort: UInt16 = 40000
  var port: UInt16 = 80
  /// Nil: a TCP or UDP header with the fields above.
  var transport: [UInt8]?

  init(_ change: (inout TestFrameIPv6) -> Void = { _ in }) { change(&self) }

  /// fd00:77::100 and its neighbours.
  static func vip(_ last: UInt8) -> [UInt8] { [0xfd, 0, 0, 0x77] + [UInt8](repeating: 0, count: 10) + [1, last] }

  /// fd00::`last`.
  static func server(_ last: UInt8) -> [UInt8] { [0xfd] + [UInt8](repeating: 0, count: 14) + [last] }

  struct Extension {
    let number: UInt8
    /// Without the first byte, the next header.
    let rest: [UInt8]

    /// Hop-by-hop or destination options of `units` × 8 bytes, only padding.
    static func options(_ number: UInt8 = 60, units: UInt8 = 1) -> Extension {
      Extension(number: number, rest: [units - 1, 1, units * 8 - 4] + [UInt8](repeating: 0, count: Int(units) * 8 - 4))
    }

    static func fragment(offset: UInt16, more: Bool, identification: UInt8 = 7) -> Extension {
      Extension(number: 44, rest: [0] + big(offset << 3 | (more ? 1 : 0)) + [0, 0, 0, identification])
    }

    static func routing(type: UInt8, left: UInt8) -> Extension {
      Extension(number: 43, rest: [2, type, left] + [UInt8](repeating: 0, count: 20))
    }

    static var authentication: Extension { Extension(number: 51, rest: [4] + [UInt8](repeating: 0xa5, count: 22)) }
  }

  var bytes: [UInt8] {
    let tags = tags.flatMap { big($0.type) + big($0.tci) }
    return destinationMAC + [0x02, 0, 0, 0, 0, 0xc1] + tags + [0x86, 0xdd] + packet
  }

  var packet: [UInt8] {
    var chain: [UInt8] = []
    for (index, header) in extensions.enumerated() {
      chain += [index + 1 < extensions.count ? extensions[index + 1].number : number] + header.rest
    }
    let ports = big(sourcePort) + big(port)
    let rest: [UInt8] = number == 17 ? [0, 8, 0xab, 0xcd] : [0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0xab, 0xcd, 0, 0]
    let payload = chain + (transport ?? ports + rest)
    let header = [version << 4, 0, 0, 0] + big(UInt16(payload.count)) + [extensions.first?.number ?? number, hopLimit]
    return header + source + destination + payload
  }
}
