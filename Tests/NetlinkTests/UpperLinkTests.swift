import CNetlink
import Testing

@testable import Model
@testable import Netlink

/// Which interfaces of the namespace receive by which other ones.
@Suite struct UpperLinkTests {
  private static let own = MACAddress((2, 0, 0, 0, 0, 1))
  private static let virtual = MACAddress((0, 0, 0x5e, 0, 1, 0x33))
  private static let eth0 = Link(index: 2, name: "eth0", mac: own)

  private static func macvlan(_ index: UInt32, on lower: UInt32, isUp: Bool = true) -> Link {
    Link(index: index, name: "m\(index)", kind: .macvlan(lower: lower), mac: virtual, isUp: isUp, hasCarrier: false)
  }

  private static func uppers(_ links: [Link], of lowest: Set<UInt32> = [2]) -> [UInt32: [UInt32]] {
    var table = LinkTable()
    _ = table.replace(with: [eth0] + links)
    return table.uppers(of: lowest).mapValues { $0.map { $0.isUntagged ? $0.link.index : $0.link.index + 1000 } }
  }

  @Test("A macvlan and a VLAN over the interface, also one over the other, with or without carrier; a VLAN's frames are tagged")
  func over() {
    let vlan = LinkStackTests.vlan(8, id: 20, on: 2)
    #expect(Self.uppers([Self.macvlan(9, on: 2)]) == [2: [9]])
    #expect(Self.uppers([Self.macvlan(9, on: 8), vlan]) == [2: [1008, 1009]])
    #expect(Self.uppers([Self.macvlan(9, on: 8), vlan], of: [2, 8]) == [2: [1008, 1009], 8: [9]])
    #expect(Self.uppers([Self.macvlan(7, on: 2), LinkStackTests.vlan(8, id: 20, on: 7)]) == [2: [7, 1008]])
  }

  @Test("Not one that is down or over one that is, one of another interface, one with three tags, nor the kinds of others")
  func notOver() {
    let eth1 = Link(index: 3, name: "eth1", mac: Self.own)
    var vlan = LinkStackTests.vlan(8, id: 20, on: 2)
    #expect(Self.uppers([Self.macvlan(9, on: 2, isUp: false)]) == [:])
    #expect(Self.uppers([Self.macvlan(9, on: 3), eth1]) == [:])
    #expect(Self.uppers([Self.macvlan(9, on: 77)]) == [:])
    #expect(Self.uppers([Self.macvlan(9, on: 9)]) == [:])
    for kind in [Link.Kind.other("macvtap"), .other("macvlan"), .bridge, .device] {
      #expect(Self.uppers([Link(index: 9, name: "x", kind: kind, mac: Self.virtual)]) == [:])
    }
    let double = LinkStackTests.vlan(9, id: 30, on: 8)
    #expect(Self.uppers([vlan, double, LinkStackTests.vlan(10, id: 40, on: 9)]) == [2: [1008, 1009]])
    vlan.isUp = false
    #expect(Self.uppers([Self.macvlan(9, on: 8), vlan]) == [:])
  }

  @Test("What the kernel says of a macvlan: what lies below, unless that is in another namespace; a macvtap is another kind")
  func fromKernel() {
    var raw = sluice_nl_link()
    raw.ifindex = 7
    raw.lower = 2
    withUnsafeMutableBytes(of: &raw.kind) { $0.copyBytes(from: "macvlan".utf8) }
    #expect(Link(raw).kind == .macvlan(lower: 2))
    raw.lower = 0
    #expect(Link(raw).kind == .other("macvlan"))
    raw.lower = 2
    withUnsafeMutableBytes(of: &raw.kind) { $0.copyBytes(from: "macvtap".utf8) }
    #expect(Link(raw).kind == .other("macvtap"))
  }

  @Test("A route by a macvlan leaves by the interface below, with the tags between, and no loop is followed for ever")
  func routes() throws {
    let eth0 = Self.eth0
    func up(_ index: UInt32, on lower: UInt32) -> Link {
      Link(index: index, name: "m\(index)", kind: .macvlan(lower: lower), mac: Self.virtual)
    }
    let plain = try LinkStackTests.stack([up(9, on: 2), eth0])
    #expect(plain.fault == nil && plain.tags.isEmpty)
    #expect(plain.lowest == eth0 && plain.route.mac == Self.virtual)
    let tagged = try LinkStackTests.stack([up(9, on: 8), LinkStackTests.vlan(8, id: 20, on: 2), eth0])
    #expect(tagged.fault == nil && tagged.tags == [VLANTag(20)] && tagged.lowest == eth0)
    #expect(try LinkStackTests.stack([up(9, on: 9)]).fault == .tooManyTags)
    #expect(try LinkStackTests.stack([up(9, on: 8)]).fault == .gone)
  }
}
