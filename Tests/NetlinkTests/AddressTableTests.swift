import Testing

@testable import Model
@testable import Netlink

@Suite struct AddressTableTests {
  typealias Place = VirtualAddresses.Place

  static let own = InterfaceAddress(address: IPAddress(10, 0, 0, 1), link: 2, prefix: 24)
  static let vip = InterfaceAddress(address: IPAddress(10, 0, 0, 100), link: 2, prefix: 32, isSluices: true)
  static let elsewhere = InterfaceAddress(address: IPAddress(10, 1, 0, 1), link: 3, prefix: 24)
  var table = AddressTable()

  @Test("The addresses of a link are in the order in which they were added, also after updates")
  mutating func order() {
    var second = Self.own
    second.address = IPAddress(10, 0, 0, 2)
    for address in [Self.own, Self.elsewhere, second, Self.own] { _ = table.update(address) }
    #expect(table.addresses(of: 2) == [Self.own, second])
    _ = table.remove(Self.own)
    _ = table.update(Self.own)
    #expect(table.addresses(of: 2) == [second, Self.own])
  }

  @Test("The same address with another prefix or peer is another entry")
  mutating func prefixes() {
    var (wide, pointToPoint) = (Self.vip, Self.vip)
    (wide.prefix, wide.isSluices) = (24, false)
    pointToPoint.peer = IPAddress(10, 0, 0, 9)
    for address in [Self.vip, wide, pointToPoint] { _ = table.update(address) }
    #expect(table[Place(vip: Self.vip.address, link: 2)].count == 3)
    #expect(Array(table.sluices).isEmpty, "the operator has the address too")
    _ = table.remove(wide)
    #expect(Array(table.sluices) == [Place(vip: Self.vip.address, link: 2)])
  }

  @Test("Changes are returned; an equal address, or the removal of an unknown one, is no change")
  mutating func changes() {
    let added = table.update(Self.own)
    #expect(added == AddressChange(former: nil, present: Self.own))
    let same = table.update(Self.own)
    #expect(same.former == same.present)
    let removed = table.remove(Self.own)
    #expect(removed == AddressChange(former: Self.own, present: nil))
    let again = table.remove(Self.own)
    #expect(again.former == again.present)
  }

  @Test("Sluice's mark stays until the address is deleted, also if the kernel does not keep it")
  mutating func forgotten() {
    _ = table.update(Self.vip)
    var unmarked = Self.vip
    unmarked.isSluices = false
    let change = table.update(unmarked)
    #expect(change.former == change.present)
    _ = table.remove(unmarked)
    _ = table.update(unmarked)
    #expect(Array(table.sluices).isEmpty, "added by someone else afterwards")
  }

  @Test("Replacing all addresses returns the differences")
  mutating func replacing() {
    for address in [Self.own, Self.vip] { _ = table.update(address) }
    let changes = table.replace(with: [Self.own, Self.elsewhere])
    #expect(
      changes == [
        AddressChange(former: Self.vip, present: nil), AddressChange(former: nil, present: Self.elsewhere),
      ]
    )
    #expect(table.replace(with: [Self.elsewhere, Self.own]).isEmpty)
  }
}
