import Model
import Testing

/// Persistence and one-packet scheduling, through the real compiler and forwarder.
@Suite struct PersistenceTests {
  private static let servers = (1...4).map { RealServer(IPAddress(10, 0, 1, $0)) }

  private static func bench(
    _ scheduler: Scheduler = .rr,
    timeout: Int = 360,
    netmask: UInt32 = .max,
    workers: Int = 1,
    key: ServiceKey = SchedulingBench.key
  ) throws -> SchedulingBench {
    let bench = SchedulingBench(scheduler, workers: workers) { service in
      if service.key.address.isIPv4 { service.key = key }
      service.persistence = Persistence(timeout: timeout, netmask: netmask)
    }
    try bench.set(servers)
    return bench
  }

  private static func client(_ number: Int) -> IPAddress { IPAddress(192, 0, 2, UInt8(number)) }

  @Test(arguments: [Scheduler.rr, .wlc, .maglev, .mh, .twos])
  func `all flows of a client go to one server, clients to several`(scheduler: Scheduler) throws {
    let bench = try Self.bench(scheduler)
    let chosen = (1...40).map { number in
      let servers = (0..<5).map { bench.open(from: Self.client(number), port: UInt16(1000 + $0)) }
      #expect(Set(servers).count == 1 && servers[0] != nil)
      return servers[0]
    }
    #expect(Set(chosen).count == 4)
  }

  @Test func `a client is remembered for the timeout after its last new flow`() throws {
    let bench = try Self.bench(timeout: 100)
    let first = bench.open(from: Self.client(1), port: 1000)
    bench.wait(99)
    #expect(bench.open(from: Self.client(1), port: 1001) == first)
    bench.wait(99)
    #expect(bench.open(from: Self.client(1), port: 1002) == first)
    bench.wait(101)
    #expect(bench.load(of: Self.servers[0].address).clients + bench.load(of: Self.servers[3].address).clients == 0)
    #expect(bench.open(from: Self.client(1), port: 1003) != first)
  }

  @Test func `a client is remembered as long as it has a flow`() throws {
    let bench = try Self.bench(timeout: 20)
    let first = bench.open(from: Self.client(1), port: 1000)
    for _ in 0..<20 {
      _ = bench.send(.data, from: Self.client(1), port: 1000)
      bench.wait(10)
    }
    #expect(bench.open(from: Self.client(1), port: 1001) == first)
  }

  @Test func `clients of one net count as one`() throws {
    let bench = try Self.bench(netmask: 0xffff_ff00)
    #expect(Set((1...50).map { bench.open(from: Self.client($0), port: 1000) }).count == 1)
    #expect(bench.open(from: IPAddress(192, 0, 3, 1), port: 1000) != bench.open(from: Self.client(1), port: 1000))
  }

  @Test func `IPv6 clients of one prefix count as one`() throws {
    let bench = try Self.bench(netmask: 72)
    try bench.set((1...4).map { RealServer(IPAddress(high: 0xfd00 << 48, low: $0)) })
    func open(_ high: UInt64, _ low: UInt64) -> IPAddress? { bench.open(from: IPAddress(high: high, low: low), port: 1000) }
    let net: UInt64 = 0x2001_0db8_0000_0001
    let first = open(net, 0x7700_0000_0000_0001)
    #expect(first != nil && open(net, 0x77ff_ffff_0000_0002) == first)
    #expect(Set((0..<8).map { open(net, UInt64($0) << 56) }).count == 4)
    #expect(Set((2..<10).map { open(net + $0, 0) }).count == 4)
  }

  @Test func `a service of any port has one server for all ports of a client`() throws {
    let bench = try Self.bench(key: SchedulingBench.anyPort)
    let servers = [21, 20, 40_000, 5060].map { bench.send(from: Self.client(1), port: 1000, to: $0, udp: false) }
    #expect(Set(servers).count == 1 && servers[0] != nil)
    #expect(bench.send(from: Self.client(2), port: 1000, to: 21, udp: false) != servers[0])
  }

  @Test func `workers agree on a client's server`() throws {
    let bench = try Self.bench(workers: 4)
    for number in 1...30 {
      let servers = (0..<8).map { bench.open(from: Self.client(number), port: UInt16(1000 + $0), worker: ($0 + number) % 4) }
      #expect(Set(servers).count == 1)
    }
  }

  @Test func `a client leaves a server that drains or is removed`() throws {
    let bench = try Self.bench()
    let first = try #require(bench.open(from: Self.client(1), port: 1000))
    try bench.set(Self.servers.map { RealServer($0.address, weight: $0.address == first ? 0 : 1) })
    let second = try #require(bench.open(from: Self.client(1), port: 1001))
    #expect(second != first)
    #expect(bench.send(.data, from: Self.client(1), port: 1000) == first)
    try bench.set(Self.servers.filter { $0.address != second })
    let third = bench.open(from: Self.client(1), port: 1002)
    #expect(third != nil && third != second)
  }

  @Test func `remembered clients are no connections`() throws {
    let bench = try Self.bench(.lc)
    let server = try #require(bench.open(from: Self.client(1), port: 1000))
    let load = bench.load(of: server)
    #expect(load.connections == 1 && load.live == 1 && load.clients == 1)
  }

  @Test func `one-packet scheduling takes turns and remembers nothing`() throws {
    let bench = SchedulingBench(.rr) { service in
      service.key = ServiceKey(.udp, service.key.address, port: 80)
      service.onePacket = true
    }
    try bench.set(Self.servers)
    let servers = (0..<8).map { _ in bench.send(from: Self.client(1), port: 1000, to: 80, udp: true) }
    #expect(Set(servers[..<4]).count == 4)
    #expect(servers[..<4] == servers[4...])
  }

  @Test(arguments: [Scheduler.maglev, .mh, .rr, .lc])
  func `a server at its threshold gets no new flows, packets without an entry go where they went`(scheduler: Scheduler) throws {
    let bench = SchedulingBench(scheduler) { service in
      if scheduler == .mh { service.flags = .fallback }
      service.servers[0].upperThreshold = 5
    }
    try bench.set(Self.servers)
    let full = Self.servers[0].address
    let opened = (1...200).map { bench.open(from: Self.client($0), port: UInt16(1000 + $0)) }
    #expect(opened.count { $0 == full } == 5 && !opened.contains(nil))
    // Of connections that no worker knows: by hash alone.
    #expect((1...200).contains { bench.send(.data, from: Self.client($0), port: UInt16(5000 + $0)) == full })
  }
}
