import CNetlink
import Testing

@testable import Model
@testable import Netlink

@Suite struct LinkStackTests {
  static let mac = MACAddress(bytes: [2, 0, 0, 0, 0, 1])

  static func vlan(_ index: UInt32, id: UInt16, on lower: UInt32, provider: Bool = false) -> Link {
    Link(index: index, name: "v\(index)", kind: .vlan(id: id, lower: lower, provider: provider), mac: mac)
  }

  static func stack(_ links: [Link]) throws -> LinkStack {
    LinkStack(try #require(links.first)) { index in links.first { $0.index == index } }
  }

  @Test("A plain device is its own lowest and needs no tag")
  func plain() throws {
    let stack = try Self.stack([Link(index: 2, name: "eth0", mac: Self.mac)])
    #expect(stack.lowest.name == "eth0")
    #expect(stack.tags.isEmpty)
    #expect(stack.fault == nil)
  }

  @Test("A VLAN on a VLAN leaves by the device below, with both tags, the outer one first")
  func stacked() throws {
    let stack = try Self.stack([
      Self.vlan(9, id: 100, on: 8), Self.vlan(8, id: 20, on: 2), Link(index: 2, name: "eth0", mac: Self.mac),
    ])
    #expect(stack.route.name == "v9")
    #expect(stack.lowest.name == "eth0")
    #expect(stack.tags == [VLANTag(20), VLANTag(100)])
    #expect(stack.fault == nil)
  }

  @Test("Each tag is of its own kind", arguments: [(false, false), (false, true), (true, false), (true, true)])
  func kinds(outer: Bool, inner: Bool) throws {
    let eth0 = Link(index: 2, name: "eth0", mac: Self.mac)
    let both = try Self.stack([
      Self.vlan(9, id: 100, on: 8, provider: inner), Self.vlan(8, id: 20, on: 2, provider: outer), eth0,
    ])
    #expect(both.tags == [VLANTag(20, isProvider: outer), VLANTag(100, isProvider: inner)])
    let one = try Self.stack([Self.vlan(8, id: 20, on: 2, provider: outer), eth0])
    #expect(one.tags == [VLANTag(20, isProvider: outer)])
    #expect(one.fault == nil)
  }

  @Test(
    "A way that no frame of ours can leave by is a fault",
    arguments: [
      ([Link(index: 2, name: "eth0", mac: mac, isUp: false)], RouteAnswer.LinkFault.down),
      ([Link(index: 2, name: "eth0", mac: mac, hasCarrier: false)], .noCarrier),
      ([Link(index: 2, name: "tun0", mac: nil)], .notEthernet),
      ([vlan(8, id: 20, on: 2), Link(index: 2, name: "eth0", mac: mac, hasCarrier: false)], .noCarrier),
      (
        [vlan(9, id: 1, on: 8), vlan(8, id: 2, on: 7), vlan(7, id: 3, on: 2), Link(index: 2, name: "eth0", mac: mac)],
        .tooManyTags
      ),
      ([vlan(9, id: 1, on: 9)], .tooManyTags),
      ([vlan(9, id: 1, on: 8)], .gone),
    ]
  )
  func faults(links: [Link], fault: RouteAnswer.LinkFault) throws {
    #expect(try Self.stack(links).fault == fault)
  }

  @Test("What the kernel says of a link is read field by field")
  func fromKernel() {
    var raw = sluice_nl_link()
    raw.ifindex = 7
    raw.flags = UInt32(SLUICE_NL_LOWER_UP) | 1
    raw.mtu = 1500
    raw.mtu6 = 1280
    raw.lower = 2
    raw.type = UInt16(SLUICE_NL_ETHERNET)
    raw.vlan_protocol = 0x8100
    raw.vlan_id = 100
    raw.mac_length = 6
    raw.mac = (2, 0, 0, 0, 0, 1)
    withUnsafeMutableBytes(of: &raw.name) { $0.copyBytes(from: "eth0.100".utf8) }
    withUnsafeMutableBytes(of: &raw.kind) { $0.copyBytes(from: "vlan".utf8) }
    let expected = Link(
      index: 7,
      name: "eth0.100",
      kind: .vlan(id: 100, lower: 2, provider: false),
      mac: Self.mac,
      mtu: 1500,
      ipv6MTU: 1280
    )
    #expect(Link(raw) == expected)
    raw.lower = 0
    #expect(Link(raw).kind == .other("vlan"), "what lies below is in another namespace")
    raw.type = 65534
    #expect(Link(raw).mac == nil, "six bytes of something else than Ethernet are no MAC address")
  }
}
