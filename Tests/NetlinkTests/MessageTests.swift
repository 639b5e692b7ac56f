import CNetlink
import Glibc
import Testing

@testable import Model
@testable import Netlink

/// The bytes of messages from the kernel.
@Suite struct MessageTests {
  /// An RTM_NEWNEIGH: 10.0.0.11 on interface 3 is reachable at 02:00:00:00:00:0b.
  static let neighbour: [UInt8] =
    header(type: RTM_NEWNEIGH, length: 48)
    + [2, 0, 0, 0, 3, 0, 0, 0, UInt8(NUD_REACHABLE), 0, 0, 1]
    + [8, 0, UInt8(NDA_DST), 0, 10, 0, 0, 11]
    + [10, 0, UInt8(NDA_LLADDR), 0, 2, 0, 0, 0, 0, 11, 0, 0]

  /// An RTM_NEWROUTE: 10.9.0.0/16.
  static let route: [UInt8] =
    header(type: RTM_NEWROUTE, length: 36) + [2, 16, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0]
    + [8, 0, UInt8(RTA_DST.rawValue), 0, 10, 9, 0, 0]

  /// An RTM_DELADDR: 10.0.0.100/32 on interface 2, with the label "d:sluice".
  static let address: [UInt8] =
    header(type: RTM_DELADDR, length: 56) + [2, 32, 0, 0, 2, 0, 0, 0]
    + [8, 0, UInt8(IFA_ADDRESS), 0, 10, 0, 0, 100] + [8, 0, UInt8(IFA_LOCAL), 0, 10, 0, 0, 100]
    + [13, 0, UInt8(IFA_LABEL), 0] + Array("d:sluice".utf8) + [0, 0, 0, 0]

  /// An RTM_NEWLINK: interface 7, "v7", VLAN 100 on interface 2, up.
  static let link: [UInt8] =
    header(type: RTM_NEWLINK, length: 92) + [0, 0, 1, 0, 7, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]
    + [7, 0, 3, 0] + Array("v7".utf8) + [0, 0] + [8, 0, 4, 0, 0xdc, 5, 0, 0] + [8, 0, 5, 0, 2, 0, 0, 0]
    + [10, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 0]
    + [24 + 4, 0, 18, 0] + [9, 0, 1, 0] + Array("vlan".utf8) + [0, 0, 0, 0] + [12, 0, 2, 0] + [6, 0, 1, 0, 100, 0, 0, 0]

  static func header(type: Int, length: UInt8) -> [UInt8] {
    [length, 0, 0, 0, UInt8(type), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  }

  static func record(_ bytes: [UInt8]) -> sluice_nl_record {
    var record = sluice_nl_record()
    // Exactly as long as the message, so that a sanitizer detects reads beyond its end.
    let words = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 16), alignment: 4)
    defer { words.deallocate() }
    words.copyBytes(from: bytes)
    words.storeBytes(of: UInt32(bytes.count), as: UInt32.self)
    if let message = words.baseAddress { sluice_nl_take_record(message.assumingMemoryBound(to: nlmsghdr.self), &record) }
    return record
  }

  @Test("A message of each kind is parsed")
  func read() throws {
    let hop = HopKey(link: 3, address: IPAddress(10, 0, 0, 11))
    let mac = try #require(MACAddress("02:00:00:00:00:0b"))
    #expect(KernelEvent(Self.record(Self.neighbour)) == .neighbour(hop, .live(mac)))
    #expect(KernelEvent(Self.record(Self.route)) == .route(AddressPrefix(IPAddress(10, 9, 0, 0), length: 16)))
    let vip = InterfaceAddress(address: IPAddress(10, 0, 0, 100), link: 2, prefix: 32, isSluices: true)
    #expect(KernelEvent(Self.record(Self.address)) == .address(vip, isGone: true))
    let own = MACAddress("02:00:00:00:00:01")
    let kind = Link.Kind.vlan(id: 100, lower: 2, provider: false)
    #expect(KernelEvent(Self.record(Self.link)) == .link(Link(index: 7, name: "v7", kind: kind, mac: own), isGone: false))
  }

  @Test("A truncated message is not read beyond its end")
  func cut() {
    for message in [Self.neighbour, Self.route, Self.address, Self.link] {
      for length in 16..<message.count { _ = Self.record(Array(message.prefix(length))) }
      #expect(Self.record(Array(message.prefix(20))).kind == UInt8(SLUICE_NL_LOST.rawValue))
    }
  }

  @Test("No value of any byte leads to a read beyond the message")
  func mutated() {
    for message in [Self.neighbour, Self.route, Self.address, Self.link] {
      for index in 4..<message.count {
        for value in [0, 1, 3, 5, 0x7f, 0x80, 0xff] as [UInt8] {
          var bytes = message
          bytes[index] = value
          #expect(Self.record(bytes).kind <= UInt8(SLUICE_NL_LOST.rawValue))
        }
      }
    }
  }
}
