import Forwarding
import Model
import Testing

/// The schedulers of a list against slow models of LVS's, and their shares among several workers.
@Suite struct SchedulerTests {
  private static let lists: [Scheduler] = [.rr, .wrr, .lc, .wlc, .sed, .nq, .fo, .ovf, .lblc, .lblcr]

  private static func address(_ number: Int) -> IPAddress { IPAddress(10, 0, UInt8(1 + number / 250), UInt8(1 + number % 250)) }

  @Test("On one worker every pick is LVS's, whatever flows and servers come and go", arguments: lists)
  func histories(scheduler: Scheduler) throws {
    for seed in 0..<60 {
      // Every other one with thresholds.
      var history = try History(scheduler, seed: UInt64(seed), hasThresholds: seed % 2 == 1)
      for step in 0..<170 {
        if let complaint = try history.step() {
          Issue.record("\(scheduler), seed \(seed), step \(step): \(complaint)")
          return
        }
      }
    }
  }

  /// One history of flows and servers, in the forwarder and in the model.
  private struct History {
    private let bench: SchedulingBench
    private var model: SlowScheduler
    private var random: SplitMix
    private var flows: [UInt32: Flow] = [:]
    private var clients: UInt32 = 0
    private var added = 0
    private let hasThresholds: Bool

    private struct Flow {
      var server: IPAddress
      var isActive = false
      var isClosed = false
      var seen: UInt32
    }

    init(_ scheduler: Scheduler, seed: UInt64, hasThresholds: Bool) throws {
      self.hasThresholds = hasThresholds
      bench = SchedulingBench(scheduler, buckets: 256)
      model = SlowScheduler(scheduler)
      random = SplitMix(state: seed)
      try bench.set([])
      for _ in 0..<5 { try add() }
    }

    /// What went wrong, if anything.
    mutating func step() throws -> String? {
      switch random.next() % 20 {
      case 0: try add()
      case 1: try remove()
      case 2, 3: try weigh()
      case 4: wait()
      case 5..<8: establish()
      case 8..<10: close()
      default: return begin()
      }
      return nil
    }

    private mutating func begin() -> String? {
      clients += 1
      let expected = model.pick()
      let got = bench.send(.syn, client: clients)
      guard got == expected else {
        return
          "a new flow goes to \(got.map(String.init) ?? "none") instead of \(expected.map(String.init) ?? "none"); \(model.servers)"
      }
      if let got {
        flows[clients] = Flow(server: got, seen: bench.now)
        change(got) {
          $0.inactive += 1
          $0.bind()
        }
      }
      return nil
    }

    private mutating func establish() {
      guard let (client, flow) = any(where: { !$0.isActive && !$0.isClosed }) else { return }
      _ = bench.send(.data, client: client)
      flows[client]?.isActive = true
      flows[client]?.seen = bench.now
      change(flow.server) {
        $0.inactive -= 1
        $0.active += 1
      }
    }

    private mutating func close() {
      guard let (client, flow) = any(where: { !$0.isClosed }) else { return }
      _ = bench.send(.reset, client: client)
      flows[client]?.isClosed = true
      flows[client]?.isActive = false
      flows[client]?.seen = bench.now
      guard flow.isActive else { return }
      change(flow.server) {
        $0.active -= 1
        $0.inactive += 1
      }
    }

    /// Eleven seconds: longer than a closed flow is remembered.
    private mutating func wait() {
      bench.wait(11)
      for (client, flow) in flows {
        let limit: UInt32 = flow.isClosed ? 10 : flow.isActive ? 900 : 60
        guard bench.now - flow.seen > limit else { continue }
        flows[client] = nil
        change(flow.server) {
          if flow.isActive { $0.active -= 1 } else { $0.inactive -= 1 }
          $0.unbind()
        }
      }
    }

    private mutating func add() throws {
      guard model.servers.count < 40 else { return }
      added += 1
      var server = RealServer(SchedulerTests.address(added), weight: Int(random.next() % 8))
      if hasThresholds {
        server.upperThreshold = [0, 1, 3, 5, 10][Int(random.next() % 5)]
        server.lowerThreshold = server.upperThreshold > 1 ? Int(random.next() % UInt64(server.upperThreshold)) : 0
      }
      let known = SlowScheduler.Server(
        address: server.address,
        weight: server.weight,
        upper: server.upperThreshold,
        lower: server.lowerThreshold
      )
      model.servers.insert(known, at: 0)
      try bench.set(bench.servers + [server])
    }

    private mutating func remove() throws {
      guard !model.servers.isEmpty else { return }
      let gone = model.servers.remove(at: Int(random.next() % UInt64(model.servers.count)))
      model.forget(gone.address)
      try bench.set(bench.servers.filter { $0.address != gone.address })
      // Their flows would be scheduled anew by their next packet.
      flows = flows.filter { $0.value.server != gone.address }
    }

    private mutating func weigh() throws {
      guard !model.servers.isEmpty else { return }
      let place = Int(random.next() % UInt64(model.servers.count))
      model.servers[place].weight = Int(random.next() % 8)
      let changed = model.servers[place]
      try bench.set(
        bench.servers.map { former in
          var server = former
          if former.address == changed.address { server.weight = changed.weight }
          return server
        }
      )
    }

    private mutating func any(where isWanted: (Flow) -> Bool) -> (UInt32, Flow)? {
      let wanted = flows.filter { isWanted($0.value) }.sorted { $0.key < $1.key }
      return wanted.isEmpty ? nil : wanted[Int(random.next() % UInt64(wanted.count))]
    }

    private mutating func change(_ address: IPAddress, _ body: (inout SlowScheduler.Server) -> Void) {
      if let place = model.servers.firstIndex(where: { $0.address == address }) { body(&model.servers[place]) }
    }
  }

  @Test(
    "Four workers together keep each server's share within two in a hundred",
    arguments: [.rr, .wrr, .lc, .wlc, .sed] as [Scheduler]
  )
  func shares(scheduler: Scheduler) throws {
    let bench = SchedulingBench(scheduler, workers: 4)
    let isWeighted = [.wrr, .wlc, .sed].contains(scheduler)
    let servers = (0..<50).map { RealServer(Self.address($0), weight: isWeighted ? 1 + $0 % 5 : 1) }
    try bench.set(servers)
    var counts: [IPAddress: Int] = [:]
    var random = SplitMix(state: 7)
    for client in 0..<100_000 as Range<UInt32> {
      let worker = Int(random.next() % 4)
      let server = try #require(bench.send(.syn, client: client, worker: worker))
      _ = bench.send(.data, client: client, worker: worker)
      counts[server, default: 0] += 1
    }
    let total = servers.reduce(0) { $0 + $1.weight }
    for server in servers {
      let share = Double(counts[server.address] ?? 0) / 100_000
      let due = Double(server.weight) / Double(total)
      #expect(abs(share / due - 1) < 0.02, "\(server.address): \(share) instead of \(due)")
    }
  }

  @Test("Two choices: servers get their share by weight, and a server with many connections gets fewer")
  func twoChoices() throws {
    let bench = SchedulingBench(.twos)
    try bench.set((0..<4).map { RealServer(Self.address($0), weight: $0 == 3 ? 0 : 1 + $0) })
    var counts: [IPAddress: Int] = [:]
    for client in 0..<30_000 as Range<UInt32> {
      let server = try #require(bench.send(.syn, client: client))
      counts[server, default: 0] += 1
    }
    #expect(counts[Self.address(3)] == nil)
    for number in 0..<3 {
      let share = Double(counts[Self.address(number)] ?? 0) / 30_000
      #expect(abs(share / (Double(number + 1) / 6) - 1) < 0.05, "\(counts)")
    }
  }

  @Test("A packet that opens no connection and has no entry goes by its hash: always to the same server", arguments: lists)
  func withoutEntry(scheduler: Scheduler) throws {
    let bench = SchedulingBench(scheduler)
    try bench.set((0..<10).map { RealServer(Self.address($0)) })
    var servers: Set<IPAddress> = []
    for client in 0..<200 as Range<UInt32> {
      let first = try #require(bench.send(.data, client: client))
      #expect(bench.send(.data, client: client) == first)
      servers.insert(first)
    }
    #expect(servers.count == 10)
  }
}

/// splitmix64.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
