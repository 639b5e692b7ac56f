/// A client's TCP or UDP packet over IPv4 in Ethernet, as bytes; by default a valid SYN from 192.0.2.1:40000 to 10.0.0.100:80.
struct TestFrame {
  static let directorMAC: [UInt8] = [0x02, 0, 0, 0, 0, 0xd1]

  var destinationMAC = directorMAC
  /// Type and TCI of each VLAN tag, outer first.
  var tags: [(type: UInt16, tci: UInt16)] = []
  var etherType: UInt16 = 0x0800
  /// Nil: computed from the options.
  var words: UInt8?
  var identification: UInt16 = 0x1234
  var fragment: UInt16 = 0x4000
  var ttl: UInt8 = 63
  var number: UInt8 = 6
  var source: [UInt8] = [192, 0, 2, 1]
  var destination: [UInt8] = [10, 0, 0, 100]
  var options: [UInt8] = []
  var sourcePort: UInt16 = 40000
  var port: UInt16 = 80
  var payload: [UInt8] = []
  /// Nil: a TCP or UDP header with the fields above.
  var transport: [UInt8]?
  var hasBadChecksum = false
  /// Added to the correct total length.
  var longer = 0

  init(_ change: (inout TestFrame) -> Void = { _ in }) { change(&self) }

  static func udp(_ change: (inout TestFrame) -> Void = { _ in }) -> TestFrame {
    TestFrame {
      $0.number = 17
      $0.port = 53
      $0.payload = [1, 2, 3, 4]
      change(&$0)
    }
  }

  var bytes: [UInt8] {
    let link = destinationMAC + [0x02, 0, 0, 0, 0, 0xc1] + tags.flatMap { big($0.type) + big($0.tci) } + big(etherType)
    return link + packet
  }

  var packet: [UInt8] {
    let body = transport ?? ports + (number == 17 ? udpRest : tcpRest) + payload
    var header = [0x40 | (words ?? UInt8(5 + options.count / 4)), 0] + big(UInt16(20 + options.count + body.count + longer))
    header += big(identification) + big(fragment) + [ttl, number, 0, 0] + source + destination + options
    let sum = checksum(header) ^ (hasBadChecksum ? 1 : 0)
    (header[10], header[11]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
    return header + body
  }

  private var ports: [UInt8] { big(sourcePort) + big(port) }
  private var tcpRest: [UInt8] { [0, 0, 0, 1, 0, 0, 0, 0, 5 << 4, 0x02, 0xff, 0xff, 0xab, 0xcd, 0, 0] }
  private var udpRest: [UInt8] { big(UInt16(8 + payload.count)) + [0xab, 0xcd] }
}

/// Network order.
func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

/// RFC 1071, for an even number of bytes.
func checksum(_ bytes: [UInt8]) -> UInt16 {
  var sum = stride(from: 0, to: bytes.count, by: 2).reduce(0) { $0 + Int(bytes[$1]) << 8 + Int(bytes[$1 + 1]) }
  while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
  return ~UInt16(sum)
}

/// An IPv4 packet without options a hop later: TTL less one, the header checksum computed anew.
func hop(_ packet: [UInt8]) -> [UInt8] {
  var packet = packet
  packet[8] -= 1
  packet.replaceSubrange(10..<12, with: [0, 0])
  packet.replaceSubrange(10..<12, with: big(checksum(Array(packet[..<20]))))
  return packet
}
