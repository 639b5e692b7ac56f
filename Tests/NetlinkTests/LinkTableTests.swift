import Testing

@testable import Model
@testable import Netlink

@Suite struct LinkTableTests {
  static let mac = MACAddress(bytes: [2, 0, 0, 0, 0, 1])
  let eth0 = Link(index: 2, name: "eth0", mac: mac)
  let eth1 = Link(index: 3, name: "eth1", mac: mac)

  static func table(_ links: Link...) -> LinkTable {
    var table = LinkTable()
    _ = table.replace(with: links)
    return table
  }

  @Test("A link is found by index and by name, and after a change of name only by the new one")
  func names() {
    var table = Self.table(eth0)
    #expect(table[2] == eth0)
    #expect(table["eth0"] == eth0)
    var renamed = eth0
    renamed.name = "wan"
    #expect(table.update(renamed) == eth0)
    #expect(table["eth0"] == nil)
    #expect(table["wan"] == renamed)
    #expect(table.remove(2) == renamed)
    #expect(table["wan"] == nil)
    #expect(table.remove(2) == nil)
  }

  @Test("Two links can swap their names")
  func swap() {
    var table = Self.table(eth0, eth1)
    var (first, second) = (eth0, eth1)
    for (name, isFirst) in [("tmp", true), ("eth0", false), ("eth1", true)] {
      if isFirst { first.name = name } else { second.name = name }
      _ = table.update(isFirst ? first : second)
    }
    #expect(table["eth0"] == second)
    #expect(table["eth1"] == first)
    #expect(table["tmp"] == nil)
  }

  @Test("Replacing all links returns the differences")
  func replacing() {
    var table = Self.table(eth0, eth1)
    var changed = eth1
    changed.mtu = 9000
    let new = Link(index: 4, name: "eth0", mac: Self.mac)
    let changes = table.replace(with: [changed, new])
    #expect(
      changes == [
        LinkChange(former: eth0, present: nil), LinkChange(former: eth1, present: changed), LinkChange(former: nil, present: new),
      ]
    )
    #expect(table["eth0"] == new)
    #expect(table.replace(with: [new, changed]).isEmpty)
  }

  @Test(
    "Routes may change with the state or master of a link, when it is added or removed, but not with its MAC address, MTU or name"
  )
  func mayChangeRoutes() {
    func change(_ edit: (inout Link) -> Void) -> Bool {
      var link = eth0
      edit(&link)
      return LinkChange(former: eth0, present: link).mayChangeRoutes
    }
    #expect(change { $0.isUp = false })
    #expect(change { $0.hasCarrier = false })
    #expect(change { $0.master = 9 })
    #expect(!change { $0.mtu = 9000 })
    #expect(!change { $0.name = "wan" })
    #expect(!change { $0.mac = MACAddress(bytes: [2, 0, 0, 0, 0, 2]) })
    #expect(LinkChange(former: eth0, present: nil).mayChangeRoutes)
    #expect(LinkChange(former: nil, present: eth0).mayChangeRoutes)
    let down = Link(index: 5, name: "new", mac: nil, isUp: false)
    #expect(
      !LinkChange(former: nil, present: down).mayChangeRoutes,
      "such as a new interface of a container, which has no routes"
    )
  }
}
