import Model
import Testing

@testable import Netlink

/// Expected bytes by scapy 2.5: `ARP(op=1, hwsrc=…, psrc=VIP, pdst=VIP)` and `ICMPv6ND_NA(R=0, S=0, O=1, tgt=VIP)` with its option.
@Suite struct AnnouncementFrameTests {
  private let mac = MACAddress((2, 0, 0, 0, 0, 0xd1))

  private func hexadecimal(_ frame: AnnouncementFrame) -> String {
    frame.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  @Test func `IPv4: an ARP request by the owner for its own address, to all`() {
    let frame = AnnouncementFrame(IPAddress(10, 9, 0, 100), at: mac)
    #expect(frame.bytes.count == 60)
    #expect(
      hexadecimal(frame) == "ffffffffffff0200000000d1080600010800060400010200000000d10a0900640000000000000a090064"
        + String(repeating: "0", count: 36)
    )
  }

  @Test func `IPv6: an unsolicited advertisement that overrides, to all nodes`() throws {
    let frame = AnnouncementFrame(try #require(IPAddress("fd09::100")), at: mac)
    #expect(
      hexadecimal(frame) == "3333000000010200000000d186dd6000000000203afffd090000000000000000000000000100ff020000000000"
        + "000000000000000001880057bb20000000fd09000000000000000000000000010002010200000000d1"
    )
  }
}
