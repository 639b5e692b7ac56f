import Testing

/// A sentence, a tunnel packet, and the expected result.
struct DecapCase: CustomTestStringConvertible {
  let testDescription: String
  let frame: TunnelFrame
  let cut: Int

  private init(_ sentence: String, _ frame: TunnelFrame, cut: Int = 0) {
    (testDescription, self.frame, self.cut) = (sentence, frame, cut)
  }

  var bytes: [UInt8] { Array(frame.bytes.dropLast(cut)) }

  private static func v4(_ format: TunnelFrame.Format, _ sentence: String, _ change: (inout TunnelFrame) -> Void) -> DecapCase {
    DecapCase("\(format): \(sentence)", TunnelFrame(format, change))
  }

  private static func v6(_ format: TunnelFrame.Format, _ sentence: String, _ change: (inout TunnelFrame) -> Void) -> DecapCase {
    DecapCase("\(format) over IPv6: \(sentence)", TunnelFrame(format, v6: true, change))
  }

  /// Applies `change` to each format over each family.
  private static func each(
    _ sentence: String,
    _ formats: [TunnelFrame.Format] = [.ipip, .gue, .gre],
    _ change: (inout TunnelFrame) -> Void
  ) -> [DecapCase] {
    formats.flatMap { [v4($0, sentence, change), v6($0, sentence, change)] }
  }

  private static let tag: (type: UInt16, tci: UInt16) = (0x8100, 0x2005)
  private static let serviceTag: (type: UInt16, tci: UInt16) = (0x88a8, 6)
  private static let inner6 = TestFrameIPv6().packet
  /// Payloads of any length, for checksums over odd lengths and over one or many of the program's chunks.
  private static func datagram(_ payload: Int) -> [UInt8] {
    TestFrame.udp { $0.payload = (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) } }.packet
  }
  /// Fragmentation needed, from a router to the VIP.
  private static let error = TestFrame {
    $0.number = 1
    $0.transport = [3, 4, 0, 0, 0, 0, 5, 0x14] + TestFrame().packet
  }.packet

  static let unwrapped: [DecapCase] =
    each("a TCP packet") { _ in }
    + each("an IPv6 packet") { $0.inner = inner6 }
    + each("an ICMP error") { $0.inner = error }
    + each("one tag is kept") { $0.tags = [tag] }
    + each("two tags are kept") { $0.tags = [serviceTag, tag] }
    + each("padding after the packet is kept") { $0.padding = [1, 2, 3] }
    + each("a correct checksum", [.gue, .gre]) { $0.sum = .right }
    + each("a correct checksum, over an IPv6 packet of odd length with tags", [.gue, .gre]) {
      ($0.sum, $0.tags) = (.right, [serviceTag, tag])
      $0.inner = TestFrameIPv6 { $0.transport = [UInt8](repeating: 0xee, count: 333) }.packet
    }
    + each("a correct checksum over 1401 bytes", [.gue, .gre]) { ($0.sum, $0.inner) = (.right, datagram(1401)) }
    + each("a correct checksum without the padding", [.gue, .gre]) { ($0.sum, $0.padding) = (.right, [0xff, 0xff, 0xff]) }
    + (0..<6).map { more in
      v4(.gre, "a correct checksum over a chunk and \(more) bytes") {
        ($0.sum, $0.inner) = (.right, datagram(256 - 8 - 28 + more - 2))
      }
    }
    + each("a correct checksum in several buffers", [.gue, .gre]) { ($0.sum, $0.inner) = (.right, datagram(9000)) }
    + each("several buffers") { $0.inner = datagram(9000) }
    + [
      v4(.ipip, "options in the outer header") { $0.outerOptions = [1, 1, 1, 1] },
      v4(.gue, "options in the outer header and a correct checksum") {
        ($0.outerOptions, $0.sum) = ([UInt8](repeating: 1, count: 40), .right)
      },
      v4(.gre, "options in the outer header and a correct checksum") {
        ($0.outerOptions, $0.sum) = ([1, 1, 1, 1, 1, 1, 1, 1], .right)
      },
      v4(.gre, "bits 6 to 12 are ignored (RFC 2784 2.3)") { $0.greBits = 0x03f8 },
      v4(.gue, "UDP shorter than IP: the rest is padding") {
        ($0.udpLonger, $0.inner) = (-4, TestFrame().packet + [9, 9, 9, 9])
      },
    ]

  static let passed: [DecapCase] =
    each("a destination that is another host") {
      $0.destination = $0.outerIsIPv6 ? TestFrameIPv6.vip(1) : [10, 0, 1, 11]
    }
    + each("three tags") { $0.tags = [serviceTag, tag, tag] }
    + each("a destination port that is another one", [.gue]) { $0.port = 6081 }
    + each("variant 1", [.gue]) { $0.gueWord = 0x40 }
    + each("a control message", [.gue]) { $0.gueWord = 0x20 }
    + each("options", [.gue]) { ($0.gueWord, $0.gueFlags, $0.gueOptions) = (0x01, 0x8000, [0, 0, 0, 0]) }
    + each("flags", [.gue]) { $0.gueFlags = 0x8000 }
    + each("TCP inside, without IP", [.gue]) { $0.inside = 6 }
    + each("UDP without room for GUE", [.gue]) { $0.udpLonger = -($0.inner.count + 1) }
    + each("a key", [.gre]) { ($0.greBits, $0.greOptions) = (0x2000, [0, 0, 0, 7]) }
    + each("a sequence number", [.gre]) { ($0.greBits, $0.greOptions) = (0x1000, [0, 0, 0, 7]) }
    + each("routing", [.gre]) { ($0.greBits, $0.greOptions) = (0x4000, [0, 0, 0, 0]) }
    + each("a strict source route", [.gre]) { $0.greBits = 0x0800 }
    + each("version 1 (PPTP)", [.gre]) { $0.greBits = 0x0001 }
    + each("Ethernet inside", [.gre]) { $0.etherType = 0x6558 }
    + [
      v4(.gue, "a later fragment, which has no ports") { $0.fragment = 0x0005 },
      v6(.gue, "a later fragment, which has no ports") { $0.fragments = [.fragment(offset: 5, more: true)] },
      v6(.ipip, "destination options, as Linux's ip6tnl adds them") { $0.fragments = [.options()] },
    ]

  static let fragments: [DecapCase] =
    each("a first fragment") {
      $0.fragment = 0x2000
      if $0.outerIsIPv6 { $0.fragments = [.fragment(offset: 0, more: true)] }
    }
    + each("a later fragment", [.ipip, .gre]) {
      $0.fragment = 0x0005
      if $0.outerIsIPv6 { $0.fragments = [.fragment(offset: 5, more: false)] }
    }

  static let refused: [DecapCase] =
    each("an outer length beyond the frame") { $0.longer = 1 }
    + each("a TTL or hop limit of 0") { $0.ttl = 0 }
    + each("an inner version that contradicts the header") { ($0.inside, $0.etherType) = (41, 0x86dd) }
    + each("an inner header that is truncated") { $0.inner = Array(TestFrame().packet.prefix(19)) }
    + each("an inner IPv6 header that is truncated") { $0.inner = Array(inner6.prefix(39)) }
    + each("an inner packet longer than the outer payload") {
      ($0.inner, $0.padding) = (Array($0.inner.dropLast()), [0, 0, 0])
    }
    + each("an inner IPv6 packet longer than the outer payload") {
      ($0.inner, $0.padding) = (Array(inner6.dropLast()), [0, 0, 0])
    }
    + each("a wrong checksum", [.gue, .gre]) { $0.sum = .wrong }
    + each("a wrong checksum over an odd length", [.gue, .gre]) { ($0.sum, $0.inner) = (.wrong, datagram(1401)) }
    + each("a wrong checksum in several buffers", [.gue, .gre]) { ($0.sum, $0.inner) = (.wrong, datagram(9000)) }
    + each("a UDP length beyond IP's", [.gue]) { $0.udpLonger = 1 }
    + each("a UDP length below its header's", [.gue]) { $0.udpLonger = -($0.inner.count + 4 + 1) }
    + [
      v4(.ipip, "a wrong outer checksum") { $0.hasBadHeaderChecksum = true },
      v4(.gue, "a wrong outer checksum") { $0.hasBadHeaderChecksum = true },
      v4(.gre, "a wrong outer checksum") { $0.hasBadHeaderChecksum = true },
    ]

  /// Every format with every check, truncated after each byte.
  static let whole: [DecapCase] =
    each("whole") { $0.sum = .right }
    + each("whole, with an inner IPv6 packet and tags") { ($0.sum, $0.inner, $0.tags) = (.right, inner6, [tag]) }
}
