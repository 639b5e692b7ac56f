import Forwarding
import Model
import Testing

/// `mh`, `sh` and `dh` through the real compiler and forwarder, against plain models of LVS's.
@Suite struct HashSchedulerTests {
  struct Setting: Sendable, CustomTestStringConvertible {
    let scheduler: Scheduler
    let flags: SchedulerFlags
    var isIPv6 = false
    var testDescription: String { "\(scheduler) with \(flags), IPv\(isIPv6 ? 6 : 4)" }
  }

  private static let settings: [Setting] =
    [Scheduler.mh, .sh].flatMap { (scheduler: Scheduler) -> [Setting] in
      let all: [SchedulerFlags] = [[], .fallback, .port, [.fallback, .port]]
      return all.flatMap { [Setting(scheduler: scheduler, flags: $0), Setting(scheduler: scheduler, flags: $0, isIPv6: true)] }
    } + [Setting(scheduler: .dh, flags: []), Setting(scheduler: .dh, flags: .fallback, isIPv6: true)]

  @Test("Every pick is LVS's, after any adds, deletes and changes of weights", arguments: settings)
  func histories(_ setting: Setting) throws {
    for seed in 0..<20 {
      var random = SplitMix(state: UInt64(seed) << 8 | 0x51)
      // Small rings, so that the slow model is not too slow; the vectors cover the default.
      let size = setting.scheduler == .mh ? [251, 509][Int(random.next() % 2)] : 256
      let bench = SchedulingBench(setting.scheduler, flags: setting.flags, ring: setting.scheduler == .mh ? .slots(size) : .auto)
      var model = SlowHashScheduler(scheduler: setting.scheduler, flags: setting.flags, size: size)
      var servers: [RealServer] = []
      for step in 0..<12 {
        change(&servers, &model, setting.isIPv6, &random)
        try bench.set(servers)
        let ring = model.ring
        for _ in 0..<20 {
          let (client, port) = (Self.address(random.next(), setting.isIPv6), UInt16(truncatingIfNeeded: random.next()))
          let vip = (setting.isIPv6 ? SchedulingBench.key6 : SchedulingBench.key).address
          let wanted = model.servers.isEmpty ? nil : model.pick(ring, client: client, port: port, destination: vip)
          let got = bench.open(from: client, port: port)
          guard got == wanted else {
            Issue.record(
              "seed \(seed), step \(step): \(client):\(port) to \(got as Any) instead of \(wanted as Any): \(model.servers)"
            )
            return
          }
        }
      }
    }
  }

  private func change(
    _ servers: inout [RealServer],
    _ model: inout SlowHashScheduler,
    _ isIPv6: Bool,
    _ random: inout SplitMix
  ) {
    let weight = [0, 1, 1, 2, 3, 10, 100, 65535, 1_000_000][Int(random.next() % 9)]
    let position = servers.isEmpty ? 0 : Int(random.next() % UInt64(servers.count))
    switch random.next() % 4 {
    case 0 where !servers.isEmpty:
      servers.remove(at: position)
      model.servers.remove(at: model.servers.count - 1 - position)
    case 1 where !servers.isEmpty:
      servers[position].weight = weight
      model.servers[model.servers.count - 1 - position].weigh(weight)
    default:
      let address =
        isIPv6
        ? IPAddress(high: 0xfd00 << 48, low: random.next()) : IPAddress(word: 0x0a01_0000 | UInt32(random.next() % 0xffff) + 1)
      guard !servers.contains(where: { $0.address == address }) else { return }
      servers.append(RealServer(address, weight: weight))
      model.servers.insert(SlowHashScheduler.Server(address, weight: weight), at: 0)
    }
  }

  private static func address(_ number: UInt64, _ isIPv6: Bool) -> IPAddress {
    isIPv6
      ? IPAddress(high: 0x2001_0db8 << 32 | number >> 32, low: number) : IPAddress(word: 0xc600_0000 | UInt32(number & 0xff_ffff))
  }

  /// A server that its check finds down is not in the kernel's list any more when keepalived does it; its clients go to others.
  @Test func `a server that can't be reached leaves the ring, one that drains keeps its place`() throws {
    let bench = SchedulingBench(.mh)
    let servers = (1...3).map { RealServer(IPAddress(10, 0, 0, $0)) }
    try bench.set(servers)
    let clients = (0..<200).map { IPAddress(word: 0xc633_6400 + $0) }
    let before = clients.map { bench.open(from: $0, port: 1000) }
    var changed = servers
    changed[1].weight = 0
    try bench.set(changed)
    #expect(
      zip(clients, before).allSatisfy { client, server in
        let now = bench.open(from: client, port: 1001)
        return server == servers[1].address ? now == nil : now == server
      }
    )
    changed = servers
    changed[1].maintenance = true
    try bench.set(changed)
    #expect(
      zip(clients, before).allSatisfy { client, server in
        let now = bench.open(from: client, port: 1002)
        return server == servers[1].address ? now != nil && now != server : now != nil
      }
    )
  }

  @Test(arguments: [Scheduler.mh, .sh, .dh])
  func `the sorry server gets every new flow while no server is live, drained ones on the ring or not`(scheduler: Scheduler)
    throws
  {
    let sorry = IPAddress(10, 0, 0, 9)
    let bench = SchedulingBench(scheduler) { $0.sorry = SorryServer(sorry) }
    let clients = (0..<50).map { IPAddress(word: 0xc633_6400 + $0) }
    let servers = (1...3).map { RealServer(IPAddress(10, 0, 0, $0)) }
    try bench.set(servers)
    #expect(clients.allSatisfy { bench.open(from: $0, port: 1000) != sorry })
    try bench.set(servers.map { RealServer($0.address, weight: 0) })
    #expect(clients.allSatisfy { bench.open(from: $0, port: 1001) == sorry })
    try bench.set(servers)
    #expect(clients.allSatisfy { bench.open(from: $0, port: 1002) != sorry })
  }
}
