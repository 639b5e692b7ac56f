import Testing

@testable import Model
@testable import Netlink

@Suite struct NextHopTableChangesTests {
  /// 10.9.0.1 to .3 behind a gateway on eth3, 10.0.0.11 on eth3 itself, 10.1.0.11 on VLAN v9 on eth2, 10.8.0.1 nowhere.
  var table = NextHopTable()
  let gateway = HopKey(link: 3, address: IPAddress(10, 0, 0, 254))
  let behind = (1...3).map { IPAddress(10, 9, 0, $0) }
  let onLink = IPAddress(10, 0, 0, 11)
  let onVLAN = IPAddress(10, 1, 0, 11)
  let nowhere = IPAddress(10, 8, 0, 1)
  let sources = (eth3: IPAddress(10, 0, 0, 1), vlan: IPAddress(10, 1, 0, 1))

  var all: [IPAddress] { behind + [onLink, onVLAN, nowhere] }

  init() throws {
    table.follow(all)
    for server in behind { try set(server, KernelRoute(link: 3, gateway: gateway.address, source: sources.eth3)) }
    try set(onLink, KernelRoute(link: 3, source: sources.eth3))
    try set(onVLAN, KernelRoute(link: 9, source: sources.vlan))
    let number = try #require(table.numbers[nowhere])
    table.set(NextHopResolution(destination: nowhere, route: .failure(.none), stack: Self.stack), for: number)
  }

  static func stack(_ index: UInt32) -> LinkStack? {
    let mac = MACAddress(bytes: [2, 0, 0, 0, 0, 1])
    let route = Link(
      index: index,
      name: "l\(index)",
      kind: index == 9 ? .vlan(id: 7, lower: 2, provider: false) : .device,
      mac: mac
    )
    return LinkStack(route) { Link(index: $0, name: "eth\($0)", mac: mac) }
  }

  mutating func set(_ server: IPAddress, _ route: KernelRoute) throws {
    let resolution = NextHopResolution(destination: server, route: .success(route), stack: Self.stack)
    table.set(resolution, for: try #require(table.numbers[server]))
  }

  /// The touched destinations in order, and those with a route that is queried again.
  mutating func touched(_ edit: (inout Touched) -> Void) -> (all: [IPAddress], asked: [IPAddress]) {
    var changes = Touched()
    edit(&changes)
    table.touch(changes, stack: Self.stack)
    let touched = table.takeTouched().sorted()
    return (touched, touched.filter { address in table.numbers[address].flatMap { table.destinations[$0]?.path } == .unasked })
  }

  @Test("A neighbour affects the destinations behind it, each once, and no route")
  mutating func neighbours() throws {
    let hop = try #require(table.number(of: gateway))
    let (all, asked) = touched { $0.hops = [hop] }
    #expect(all == behind)
    #expect(asked.isEmpty)
    let none = touched { _ in }
    #expect(none.all.isEmpty, "they are reported once")
  }

  @Test("A route affects the destinations within its prefix, a default route all of its IP version")
  mutating func prefixes() throws {
    let expected: [(String, [IPAddress])] = [
      ("10.9.0.0/24", behind), ("10.9.0.2/31", Array(behind[1...])), ("10.9.0.2/32", [behind[1]]),
      ("10.8.0.0/13", [nowhere] + behind), ("0.0.0.0/0", all.sorted()), ("10.10.0.0/16", []), ("10.9.0.9/32", []),
      ("fd00::/8", []),
    ]
    for (text, destinations) in expected {
      try follow()
      let prefix = try #require(AddressPrefix(text))
      let (touched, asked) = touched { $0.prefixes = [prefix] }
      #expect(touched == destinations, "\(text)")
      #expect(asked == destinations)
    }
  }

  /// Starts again, after routes have been marked.
  mutating func follow() throws { table = try Self().table }

  @Test("Destinations followed later are found by the prefix of a route too")
  mutating func later() throws {
    let new = IPAddress(10, 9, 0, 77)
    _ = touched { $0.prefixes = [AddressPrefix(IPAddress(10, 9, 0, 0), length: 24)] }
    table.follow([new])
    table.forget(behind[0])
    let (all, _) = touched { $0.prefixes = [AddressPrefix(IPAddress(10, 9, 0, 0), length: 24)] }
    #expect(all == behind[1...] + [new])
  }

  @Test("The MAC address or MTU of a link affects the destinations on it and on its VLANs, and no route")
  mutating func links() {
    let cases: [(UInt32, [IPAddress])] = [(3, [onLink] + behind), (2, [onVLAN]), (9, [onVLAN]), (4, [])]
    for (link, expected) in cases {
      let (all, asked) = touched { $0.links = [link] }
      #expect(all == expected.sorted(), "link \(link)")
      #expect(asked.isEmpty)
    }
  }

  @Test("The state of a link, a rule and an address of the operator affect every route")
  mutating func everything() {
    let link = Link(index: 4, name: "eth4", mac: nil)
    var down = link
    down.isUp = false
    let address = InterfaceAddress(address: IPAddress(10, 7, 0, 1), link: 4, prefix: 24)
    let edits: [(inout Touched) -> Void] = [
      { $0.everything = true }, { $0.add(LinkChange(former: link, present: down)) },
      { $0.add(AddressChange(former: nil, present: address)) }, { $0.add(AddressChange(former: address, present: nil)) },
    ]
    for edit in edits {
      let (touched, asked) = touched(edit)
      #expect(touched == all.sorted())
      #expect(asked == touched)
    }
  }

  @Test("A VIP of Sluice affects the destinations that have it as source address, or that have none")
  mutating func virtualAddresses() throws {
    try set(onVLAN, KernelRoute(link: 9))
    let vip = InterfaceAddress(address: sources.eth3, link: 3, prefix: 32, isSluices: true)
    let (all, asked) = touched { $0.add(AddressChange(former: vip, present: nil)) }
    #expect(all == (behind + [onLink, onVLAN]).sorted())
    #expect(asked == all)
    var other = vip
    other.address = IPAddress(10, 0, 0, 100)
    try follow()
    let none = touched { $0.add(AddressChange(former: nil, present: other)) }
    #expect(none.all.isEmpty)
  }

  @Test("A destination touched twice is reported once, and not at all if it was forgotten")
  mutating func forgotten() throws {
    let hop = try #require(table.number(of: gateway))
    table.touch(Touched(hops: [hop]), stack: Self.stack)
    table.forget(behind[0])
    let new = IPAddress(10, 9, 0, 88)
    table.follow([new])
    table.touch(Touched(hops: [hop]), stack: Self.stack)
    #expect(table.takeTouched().sorted() == Array(behind[1...]))
  }
}
