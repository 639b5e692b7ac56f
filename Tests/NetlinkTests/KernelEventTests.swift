import CNetlink
import Testing

@testable import Model
@testable import Netlink

@Suite struct KernelEventTests {
  static func record(_ kind: sluice_nl_kind, _ change: (inout sluice_nl_record) -> Void = { _ in }) -> sluice_nl_record {
    var raw = sluice_nl_record()
    raw.kind = UInt8(kind.rawValue)
    change(&raw)
    return raw
  }

  @Test("Rules, lost events and irrelevant ones are told apart")
  func kinds() {
    #expect(KernelEvent(Self.record(SLUICE_NL_RULES)) == .rules)
    #expect(KernelEvent(Self.record(SLUICE_NL_LOST)) == .lost)
    #expect(KernelEvent(Self.record(SLUICE_NL_NOTHING)) == .nothing)
  }

  @Test("A neighbour has its key and state; a deleted one is unknown, one without an address is ignored")
  func neighbours() throws {
    let v6 = try #require(IPAddress("fd00::11"))
    for address in [IPAddress(10, 0, 0, 11), v6] {
      var raw = Self.record(SLUICE_NL_NEIGHBOUR) {
        $0.neighbour.ifindex = 3
        $0.neighbour.state = UInt16(NUD_REACHABLE)
        $0.neighbour.mac_length = 6
        $0.neighbour.mac = (2, 0, 0, 0, 0, 7)
        $0.neighbour.ip = sluice_nl_ip(address)
      }
      let key = HopKey(link: 3, address: address)
      #expect(KernelEvent(raw) == .neighbour(key, .live(try #require(MACAddress("02:00:00:00:00:07")))))
      raw.gone = 1
      #expect(KernelEvent(raw) == .neighbour(key, .unknown))
    }
    #expect(KernelEvent(Self.record(SLUICE_NL_NEIGHBOUR)) == .nothing)
  }

  @Test("A route has its prefix")
  func routes() {
    let raw = Self.record(SLUICE_NL_ROUTE) {
      $0.prefix.ip = sluice_nl_ip(IPAddress(10, 9, 0, 0))
      $0.prefix.length = 16
    }
    #expect(KernelEvent(raw) == .route(AddressPrefix(IPAddress(10, 9, 0, 0), length: 16)))
  }

  @Test("An address has its interface, its peer and Sluice's mark")
  func addresses() {
    var raw = Self.record(SLUICE_NL_ADDRESS) {
      $0.address.ip = sluice_nl_ip(IPAddress(10, 0, 0, 100))
      $0.address.ifindex = 2
      $0.address.prefix = 32
      $0.address.proto = 0x53
    }
    var expected = InterfaceAddress(address: IPAddress(10, 0, 0, 100), link: 2, prefix: 32, isSluices: true)
    #expect(KernelEvent(raw) == .address(expected, isGone: false))
    raw.gone = 1
    raw.address.peer = sluice_nl_ip(IPAddress(10, 0, 0, 101))
    raw.address.proto = 0
    raw.address.flags = UInt32(IFA_F_TENTATIVE)
    (expected.peer, expected.isSluices, expected.isGood) = (IPAddress(10, 0, 0, 101), false, false)
    #expect(KernelEvent(raw) == .address(expected, isGone: true))
  }

  @Test("An address goes to the kernel and comes back the same, in its own family's length")
  func roundTrip() throws {
    let v4 = IPAddress(10, 0, 0, 11)
    #expect(sluice_nl_ip(v4).family == 2)
    #expect(sluice_nl_ip(v4).bytes.0 == 10)
    #expect(sluice_nl_ip(v4).bytes.3 == 11)
    for text in ["0.0.0.0", "255.255.255.255", "192.0.2.1", "::", "fe80::1", "2001:db8:ffff::1"] {
      let address = try #require(IPAddress(text))
      #expect(IPAddress(sluice_nl_ip(address)) == address)
    }
    #expect(IPAddress(sluice_nl_ip()) == nil)
  }
}
