/// A tunnel packet in Ethernet, as bytes; by default valid IP-in-IP to `DecapBench`'s host.
struct TunnelFrame {
  enum Format: Equatable { case ipip, gue, gre }
  enum Sum: Equatable { case absent, right, wrong }

  static let here: [UInt8] = [10, 0, 1, 10]
  static let here6: [UInt8] = [0xfd, 0, 0, 0x77] + [UInt8](repeating: 0, count: 11) + [0x10]

  var format = Format.ipip
  var outerIsIPv6 = false
  var inner = TestFrame().packet
  /// Of GUE and GRE.
  var sum = Sum.absent
  var tags: [(type: UInt16, tci: UInt16)] = []
  /// The inner protocol by the protocol and EtherType fields; nil: the real one.
  var inside: UInt8?
  var etherType: UInt16?

  /// GUE's first byte, its flags, and the bytes after them.
  var gueWord: UInt8 = 0
  var gueFlags: UInt16 = 0
  var gueOptions: [UInt8] = []
  var port: UInt16 = 6080
  /// Added to the correct UDP length and the correct outer IP length.
  var udpLonger = 0
  var longer = 0

  /// GRE's first word, without the checksum bit.
  var greBits: UInt16 = 0
  var greOptions: [UInt8] = []

  var outerOptions: [UInt8] = []
  var fragment: UInt16 = 0x4000
  var fragments: [TestFrameIPv6.Extension] = []
  var ttl: UInt8 = 64
  var hasBadHeaderChecksum = false
  var destination: [UInt8]?
  /// Bytes after the outer packet.
  var padding: [UInt8] = []

  init(_ format: Format = .ipip, v6: Bool = false, _ change: (inout TunnelFrame) -> Void = { _ in }) {
    (self.format, outerIsIPv6) = (format, v6)
    change(&self)
  }

  var bytes: [UInt8] { link(outerIsIPv6 ? 0x86dd : 0x0800) + outer + padding }
  /// The packet that the kernel must receive.
  var unwrapped: [UInt8] { link(innerIsIPv6 ? 0x86dd : 0x0800) + inner + padding }

  private var innerIsIPv6: Bool { inner.first.map { $0 >> 4 == 6 } ?? false }
  private var protocolInside: UInt8 { inside ?? (innerIsIPv6 ? 41 : 4) }

  private func link(_ type: UInt16) -> [UInt8] {
    TestFrame.directorMAC + [0x02, 0, 0, 0, 0, 0xc1] + tags.flatMap { big($0.type) + big($0.tci) } + big(type)
  }

  private var outer: [UInt8] {
    let body = body
    let number: UInt8 =
      switch format {
      case .ipip: protocolInside
      case .gue: 17
      case .gre: 47
      }
    if outerIsIPv6 {
      var packet = TestFrameIPv6 {
        ($0.number, $0.transport, $0.hopLimit, $0.extensions) = (number, body, ttl, fragments)
        $0.destination = destination ?? Self.here6
      }.packet
      let length = Int(packet[4]) << 8 + Int(packet[5]) + longer
      packet.replaceSubrange(4..<6, with: big(UInt16(length)))
      return packet
    }
    return TestFrame {
      ($0.number, $0.ttl, $0.options, $0.fragment, $0.longer) = (number, ttl, outerOptions, fragment, longer)
      ($0.destination, $0.transport, $0.hasBadChecksum) = (destination ?? Self.here, body, hasBadHeaderChecksum)
    }.packet
  }

  private var body: [UInt8] {
    switch format {
    case .ipip:
      return inner
    case .gue:
      let payload = [gueWord, protocolInside] + big(gueFlags) + gueOptions + inner
      let length = UInt16(8 + payload.count + udpLonger)
      var datagram = big(0xc123) + big(port) + big(length) + [0, 0] + payload
      // RFC 768, RFC 8200 8.1.
      let addresses = outerIsIPv6 ? TestFrameIPv6().source + Self.here6 : TestFrame().source + Self.here
      datagram.replaceSubrange(6..<8, with: check(of: addresses + [0, 17] + big(length) + datagram))
      return datagram
    case .gre:
      let type = etherType ?? (innerIsIPv6 ? 0x86dd : 0x0800)
      let start = big(greBits | (sum == .absent ? 0 : 0x8000)) + big(type)
      if sum == .absent { return start + greOptions + inner }
      var packet = start + [0, 0, 0, 0] + greOptions + inner
      packet.replaceSubrange(4..<6, with: check(of: packet))
      return packet
    }
  }

  private func check(of bytes: [UInt8]) -> [UInt8] {
    let value = checksum(bytes.count % 2 == 0 ? bytes : bytes + [0])
    return switch sum {
    case .absent: [0, 0]
    case .right: big(value)
    case .wrong: big(value ^ 0x0100)
    }
  }
}
