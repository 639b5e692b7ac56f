import Testing

@testable import Forwarding

/// TCP and UDP headers of both families follow one rule: every length and offset is tried.
@Suite struct TransportCheckTests {
  /// Runs the check over a header at `offset` in the packet; the frame ends with the payload.
  private func check(_ header: [UInt8], number: UInt8, payload: Int, isFragment: Bool, flags: inout UInt8) -> Outcome? {
    let guarded = GuardedFrame([UInt8](repeating: 0xff, count: 40) + header.prefix(payload), headroom: 0, end: .right)
    return Transport.check(guarded.frame.bytes, at: 40, payload: payload, number, isFragment: isFragment, &flags)
  }

  @Test func `TCP: every data offset in every payload up to 64 bytes`() {
    for payload in 0...64 {
      for words in 0...15 {
        for isFragment in [false, true] {
          var header = [UInt8](repeating: 0, count: 64)
          header[12] = UInt8(words << 4)
          header[13] = 0xa5
          var flags: UInt8 = 0
          let expected: Outcome? =
            payload < 20
            ? (isFragment ? .droppedFragment : .droppedBadLength)
            : words < 5 ? .droppedBadHeader : words * 4 > payload && !isFragment ? .droppedBadLength : nil
          let outcome = check(header, number: 6, payload: payload, isFragment: isFragment, flags: &flags)
          #expect(outcome == expected, "\(payload) bytes, \(words) words, fragment \(isFragment)")
          if expected == nil { #expect(flags == 0xa5) }
        }
      }
    }
  }

  @Test func `UDP: every length up to 24 in every payload up to 24 bytes, and no flags`() {
    for payload in 0...24 {
      for claimed in Array(0...24) + [0x100, 0xffff] {
        for isFragment in [false, true] {
          var header = [UInt8](repeating: 0xff, count: 24)
          header.replaceSubrange(4..<6, with: big(UInt16(claimed)))
          var flags: UInt8 = 0xff
          let expected: Outcome? =
            payload < 8
            ? (isFragment ? .droppedFragment : .droppedBadLength)
            : claimed < 8 || (claimed > payload && !isFragment) ? .droppedBadLength : nil
          let outcome = check(header, number: 17, payload: payload, isFragment: isFragment, flags: &flags)
          #expect(outcome == expected, "\(payload) bytes, claimed \(claimed), fragment \(isFragment)")
          if expected == nil { #expect(flags == 0) }
        }
      }
    }
  }

  @Test(arguments: cases) func `a transport header in IPv6`(_ test: Case) { test.check() }

  static let cases: [Case] = [
    .tcp6("a TCP data offset of 4 is refused", .droppedBadHeader) { $0.dataOffset = 4 },
    .tcp6("a TCP data offset beyond the packet is refused", .droppedBadLength) { $0.dataOffset = 6 },
    .tcp6("a TCP data offset beyond the packet, into padding, is refused", .droppedBadLength) {
      $0.dataOffset = 6
      $0.padding = 10
      $0.payloadLength = 20
    },
    .tcp6("nineteen bytes of TCP are refused", .droppedBadLength) { $0.transport = Array(IPv4Tests.valid[..<19]) },
    .udp6("a UDP length of 7 is refused", .droppedBadLength) { $0.udpLength = 7 },
    .udp6("a UDP length of 0 is refused", .droppedBadLength) { $0.udpLength = 0 },
    .udp6("a UDP length one byte beyond the packet is refused", .droppedBadLength) {
      $0.udpLength = UInt16(8 + $0.payload.count + 1)
    },
    .udp6("a UDP length below the packet's is forwarded", .forwarded) { $0.udpLength = 8 },
    .udp6("seven bytes of UDP are refused", .droppedBadLength) { $0.transport = [0x9c, 0x40, 0, 53, 0, 8, 0] },
  ]
}
