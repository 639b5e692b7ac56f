import CNetlink
import Testing

@testable import Netlink
@testable import Model

@Suite struct KernelEventTests {
  static func event(_ about: Int, neighbour address: IPAddress? = nil) -> KernelEvent {
    var raw = sluice_nl_event()
    raw.about = UInt32(about)
    raw.neighbour.ifindex = 3
    raw.neighbour.state = UInt16(NUD_FAILED)
    if let address { raw.neighbour.ip = sluice_nl_ip(address) }
    return KernelEvent(raw)
  }

  @Test("A lost message outweighs whatever came with it")
  func lost() {
    #expect(Self.event(SLUICE_NL_LOST | SLUICE_NL_NEIGHBOURS | SLUICE_NL_LINKS) == .lost)
  }

  @Test("Links, addresses and routes need no telling apart")
  func others() {
    for about in [SLUICE_NL_LINKS, SLUICE_NL_ADDRESSES, SLUICE_NL_ROUTES] { #expect(Self.event(about) == .other) }
    #expect(Self.event(0) == .nothing)
  }

  @Test("A neighbour comes with its key and state, and without an address is nothing")
  func neighbours() throws {
    let v6 = try #require(IPAddress("fd00::11"))
    for address in [IPAddress(10, 0, 0, 11), v6] {
      let key = HopKey(link: 3, address: address)
      #expect(Self.event(SLUICE_NL_NEIGHBOURS, neighbour: address) == .neighbour(key, .failed))
    }
    #expect(Self.event(SLUICE_NL_NEIGHBOURS) == .nothing)
  }

  @Test("An address goes to the kernel and comes back the same, in its own family's length")
  func addresses() throws {
    let v4 = IPAddress(10, 0, 0, 11)
    #expect(sluice_nl_ip(v4).family == 2)
    #expect(sluice_nl_ip(v4).bytes.0 == 10)
    for text in ["0.0.0.0", "255.255.255.255", "192.0.2.1", "::", "fe80::1", "2001:db8:ffff::1"] {
      let address = try #require(IPAddress(text))
      #expect(IPAddress(sluice_nl_ip(address)) == address)
    }
    #expect(IPAddress(sluice_nl_ip()) == nil)
  }
}
