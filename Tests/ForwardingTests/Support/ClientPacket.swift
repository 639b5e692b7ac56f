/// A client's packet, field by field. By default it is a valid SYN from 192.0.2.1:40000 to 10.0.0.100:80. Every field is written
/// as a test sets it, even if it is wrong.
struct ClientPacket {
  /// Type and TCI of each VLAN tag, outer first.
  var tags: [(type: UInt16, tci: UInt16)] = []
  var etherType: UInt16 = 0x0800
  var version: UInt8 = 4
  /// Header length in 32-bit words; nil: computed from the options.
  var words: UInt8?
  var typeOfService: UInt8 = 0
  /// Nil: the correct length.
  var totalLength: UInt16?
  var identification: UInt16 = 0x1234
  /// DF is set by default, as today's TCP senders do.
  var fragment: UInt16 = 0x4000
  var ttl: UInt8 = 63
  var number: UInt8 = 6
  /// Nil: the correct checksum.
  var headerChecksum: UInt16?
  var source: Address = [192, 0, 2, 1]
  var destination: Address = [10, 0, 0, 100]
  var options: [UInt8] = []
  var sourcePort: UInt16 = 40000
  var destinationPort: UInt16 = 80
  var sequence: UInt32 = 1
  var tcpFlags: UInt8 = 0x02
  var dataOffset: UInt8 = 5
  /// Nil: the correct length.
  var udpLength: UInt16?
  var payload: [UInt8] = []
  /// Nil: built from the fields above.
  var transport: [UInt8]?
  /// Bytes after the packet, as Ethernet pads short frames.
  var padding = 0

  typealias Address = [UInt8]

  static let synchronize: UInt8 = 0x02
  static let acknowledge: UInt8 = 0x10
  static let finish: UInt8 = 0x11
  static let reset: UInt8 = 0x04

  init(_ change: (inout ClientPacket) -> Void = { _ in }) { change(&self) }

  /// A datagram to the DNS service.
  static func udp(_ change: (inout ClientPacket) -> Void = { _ in }) -> ClientPacket {
    ClientPacket {
      $0.number = 17
      $0.destinationPort = 53
      $0.payload = Array("what is the address of sluice?".utf8)
      change(&$0)
    }
  }

  /// The whole frame.
  var bytes: [UInt8] {
    var frame: [UInt8] = [0x02, 0, 0, 0, 0, 0xd1, 0x02, 0, 0, 0, 0, 0xc1]
    for tag in tags { frame += big(tag.type) + big(tag.tci) }
    return frame + big(etherType) + packet + [UInt8](repeating: 0xee, count: padding)
  }

  /// From the IP header on, without padding.
  var packet: [UInt8] {
    let body = transport ?? (number == 17 ? udpHeader : tcpHeader) + payload
    let length = 20 + options.count + body.count
    var header = [version << 4 | (words ?? UInt8(5 + options.count / 4)), typeOfService] + big(totalLength ?? UInt16(length))
    header += big(identification) + big(fragment) + [ttl, number, 0, 0] + source + destination + options
    let checksum = big(headerChecksum ?? Reference.checksum(header))
    header[10] = checksum[0]
    header[11] = checksum[1]
    return header + body
  }

  private var tcpHeader: [UInt8] {
    let numbers = big(UInt16(sequence >> 16)) + big(UInt16(sequence & 0xffff)) + [0, 0, 0, 0]
    return big(sourcePort) + big(destinationPort) + numbers + [dataOffset << 4, tcpFlags, 0xff, 0xff, 0xab, 0xcd, 0, 0]
  }

  private var udpHeader: [UInt8] {
    big(sourcePort) + big(destinationPort) + big(udpLength ?? UInt16(8 + payload.count)) + [0xab, 0xcd]
  }
}

/// Network order.
func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
