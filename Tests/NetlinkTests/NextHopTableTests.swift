import Testing

@testable import Model
@testable import Netlink

@Suite struct NextHopTableTests {
  let start = ContinuousClock.now
  let mac = MACAddress(bytes: [2, 0, 0, 0, 0, 0x0b])
  var table = NextHopTable()

  static let gateway = HopKey(link: 3, address: IPAddress(10, 0, 0, 254))

  static func server(_ number: UInt8) -> IPAddress { IPAddress(10, 9, 0, number) }

  static func via(_ hop: HopKey?, source: IPAddress = IPAddress(10, 0, 0, 1)) -> NextHopResolution {
    let route = KernelRoute(link: hop?.link ?? 3, gateway: hop?.address, source: source)
    var resolution = NextHopResolution(destination: IPAddress(10, 9, 0, 1), route: .success(route)) { index in
      LinkStack(Link(index: index, name: "eth\(index)", mac: MACAddress(bytes: [2, 0, 0, 0, 0, 1]))) { _ in nil }
    }
    resolution.hop = hop
    return resolution
  }

  mutating func follow(_ servers: ClosedRange<UInt8>, by hop: HopKey = gateway) throws {
    table.follow(servers.map(Self.server))
    for server in servers { try set(Self.server(server), Self.via(hop)) }
  }

  mutating func set(_ address: IPAddress, _ resolution: NextHopResolution) throws {
    table.set(resolution, for: try #require(table.numbers[address]))
  }

  /// The destinations in the list of a hop, which must be consistent in both directions.
  func users(of key: HopKey) throws -> Set<IPAddress> {
    guard let hop = table.number(of: key) else { return [] }
    var users: [IPAddress] = []
    var (number, previous) = (try #require(table.hops[hop]).first, NextHopTable.none)
    while let destination = table.destinations[number] {
      #expect(destination.previous == previous)
      #expect(destination.hop == hop)
      users.append(destination.address)
      (previous, number) = (number, destination.next)
    }
    #expect(Set(users).count == users.count)
    return Set(users)
  }

  @Test("A gateway is followed until no destination is behind it")
  mutating func users() throws {
    let other = HopKey(link: 3, address: IPAddress(10, 0, 0, 253))
    try follow(1...4)
    #expect(try users(of: Self.gateway) == Set((1...4).map(Self.server)))
    try set(Self.server(2), Self.via(other))
    #expect(try users(of: Self.gateway) == Set([1, 3, 4].map(Self.server)))
    #expect(try users(of: other) == [Self.server(2)])
    table.forget(allBut: [Self.server(2), Self.server(3)])
    #expect(try users(of: Self.gateway) == [Self.server(3)])
    try set(Self.server(3), Self.via(nil))
    #expect(table.number(of: Self.gateway) == nil)
    #expect(table.hops.count == 1)
    table.forget(allBut: [])
    #expect(table.hops.count == 0)
    #expect(table.destinations.count == 0)
  }

  @Test("The lists stay consistent, whatever is followed, moved and forgotten")
  mutating func shuffled() throws {
    var random = SystemRandomNumberGenerator()
    let hops = (1...3).map { HopKey(link: 3, address: IPAddress(10, 0, 0, $0)) }
    var expected: [IPAddress: HopKey] = [:]
    for _ in 0..<2000 {
      let server = Self.server(UInt8.random(in: 1...20, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        table.forget(server)
        expected[server] = nil
      default:
        table.follow([server])
        let hop = hops[Int.random(in: 0..<3, using: &random)]
        try set(server, Self.via(hop))
        expected[server] = hop
      }
    }
    for hop in hops { #expect(try users(of: hop) == Set(expected.filter { $0.value == hop }.keys)) }
    #expect(table.destinations.count == expected.count)
  }

  @Test("A hop that is set again keeps its state")
  mutating func again() throws {
    try follow(1...1)
    let hop = try #require(table.number(of: Self.gateway))
    _ = table.learn(hop, .live(try #require(mac)), at: start)
    try set(Self.server(1), Self.via(Self.gateway))
    #expect(table.hops[hop]?.state.verdict == .usable(try #require(mac)))
  }

  @Test("MAC addresses of deleted entries expire one by one")
  mutating func expiry() throws {
    let mac = try #require(mac)
    let hops = (1...3).map { HopKey(link: 3, address: Self.server($0)) }
    for (index, hop) in hops.enumerated() {
      try follow(UInt8(index + 1)...UInt8(index + 1), by: hop)
      let number = try #require(table.number(of: hop))
      _ = table.learn(number, .live(mac), at: start)
      _ = table.learn(number, .unknown, at: start + .seconds(index))
    }
    #expect(table.soonestExpiry == start + .seconds(10))
    let before = table.expire(at: start + .milliseconds(9999))
    #expect(before.isEmpty)
    let first = table.expire(at: start + .seconds(10))
    #expect(first == [table.number(of: hops[0])])
    #expect(table.soonestExpiry == start + .seconds(11))
    _ = table.learn(try #require(table.number(of: hops[1])), .live(mac), at: start + .seconds(10))
    let others = table.expire(at: start + .seconds(12))
    #expect(others == [table.number(of: hops[2])], "the second one has replied")
    #expect(table.soonestExpiry == nil)
  }
}
