import Testing

@testable import Model
@testable import Netlink

@Suite struct VirtualAddressPlanTests {
  typealias Place = VirtualAddresses.Place

  static let place = Place(vip: IPAddress(10, 0, 0, 100), link: 2)
  static let other = Place(vip: IPAddress(10, 0, 0, 101), link: 2)

  static func address(_ place: Place, prefix: Int = 32, isSluices: Bool = true) -> InterfaceAddress {
    InterfaceAddress(address: place.vip, link: place.link, prefix: prefix, isSluices: isSluices)
  }

  func plan(_ wanted: Set<Place>, placed: Set<Place> = [], _ addresses: InterfaceAddress...) -> VirtualAddressPlan {
    var table = AddressTable()
    _ = table.replace(with: addresses)
    return VirtualAddressPlan(wanted: wanted, placed: placed, addresses: table)
  }

  @Test("Missing VIPs are added, and VIPs of a killed run that are not wanted are removed")
  func difference() {
    let plan = plan([Self.place], Self.address(Self.other))
    #expect(plan.added == [Self.place])
    #expect(plan.removed == [Self.other])
    #expect(plan.foreign.isEmpty && plan.takenAway.isEmpty)
    #expect(self.plan([Self.place], placed: [Self.place], Self.address(Self.place)).added.isEmpty)
  }

  @Test(
    "An address of someone else is neither added nor removed, whatever its prefix, also if ours is there too",
    arguments: [24, 32]
  )
  func foreign(prefix: Int) {
    let theirs = Self.address(Self.place, prefix: prefix, isSluices: false)
    #expect(plan([Self.place], theirs).foreign == [Self.place])
    #expect(plan([Self.place], theirs).added.isEmpty)
    #expect(plan([], theirs).removed.isEmpty)
    #expect(plan([], placed: [Self.place], theirs).removed.isEmpty, "also if ours was there before")
    let beside = Self.address(Self.place, prefix: 24, isSluices: false)
    #expect(plan([], Self.address(Self.place), beside).removed.isEmpty)
  }

  @Test("The same VIP on another interface is another place")
  func links() {
    let elsewhere = Place(vip: Self.place.vip, link: 3)
    let plan = plan([elsewhere], placed: [Self.place], Self.address(Self.place))
    #expect(plan.added == [elsewhere])
    #expect(plan.removed == [Self.place])
  }

  @Test("A wanted VIP that is missing although Sluice added it is reported and added again")
  func takenAway() {
    let plan = plan([Self.place, Self.other], placed: [Self.place])
    #expect(plan.takenAway == [Self.place])
    #expect(Set(plan.added) == [Self.place, Self.other])
    #expect(self.plan([], placed: [Self.place]).takenAway.isEmpty, "it is not wanted any more")
  }
}
