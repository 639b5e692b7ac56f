import ABI
import Fixtures
import Forwarding
import PlainDirector
import Testing

@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler

@Suite struct ExplainerTests {
  private static func flow(_ port: UInt16 = 40000, to destination: String = "10.0.0.100:80") throws -> FlowTuple {
    let endpoint = try #require(Endpoint(destination))
    return try #require(FlowTuple(.tcp, from: Endpoint(address: IPAddress(192, 0, 2, 1), port: port), to: endpoint))
  }

  /// A worker processes a packet of the flow.
  private func see(_ flow: FlowTuple, _ plain: PlainDirector, worker: Int, begins: Bool, now: UInt32) {
    let forwarder = Forwarder(flows: plain.flows[worker], counters: plain.counters[worker], worker: worker, workers: 2)
    let bytes = flow.frame(to: [2, 0, 0, 0, 0, 1], begins: begins)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 512, alignment: 64)
    defer { memory.deallocate() }
    bytes.withUnsafeBytes { (memory + 256).copyMemory(from: $0.baseAddress!, byteCount: bytes.count) }
    var frame = Frame(bytes: memory + 256, length: bytes.count, headroom: 256)
    var verdict = Verdict(action: .drop, outcome: .forwarded, egress: 0, start: 0, length: 0, server: 0)
    forwarder.process(&frame, count: 1, plain.memory.inForce(), now: now, into: &verdict)
    forwarder.count(&verdict, 1)
  }

  /// The workers' flow tables, to check that they do not change.
  private func memory(of plain: PlainDirector) -> [UInt8] {
    plain.flows.flatMap { table in
      Array(UnsafeRawBufferPointer(start: table.buckets, count: (Int(table.mask) + 1) * MemoryLayout<sluice_bucket>.stride))
    }
  }

  @Test func `an unknown flow goes where its hash says`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first, weight: 2)))
    let explained = await plain.director.explain(try Self.flow())
    #expect(explained.verdict == "forward" && explained.reason == "forwarded")
    #expect(explained.service == Explanation.Service(service: Sample.web, match: .exact, ring: 251))
    #expect(explained.decidedBy == .hash)
    #expect(explained.slot.map { (0..<251).contains($0) } == true)
    #expect(explained.slotServer == Sample.first)
    #expect(explained.entries == [])
    #expect(
      explained.server
        == Explanation.Server(address: Sample.first, forward: .direct, weight: 2, state: .ok, reason: nil)
    )
    #expect(explained.nextHop?.mac == MACAddress("02:00:00:00:00:02"))
    #expect(explained.nextHop?.sourceMAC == MACAddress("02:00:00:00:00:01"))
    #expect(explained.nextHop?.mtu == 1500)
    #expect(explained.header?.bytes == "0200000000020200000000010800")
    #expect(explained.header?.layers == ["Ethernet 02:00:00:00:00:01 > 02:00:00:00:00:02"])
    #expect(explained.notes == [])
    #expect(explained.generation == 1)
  }

  @Test func `what an ICMP error reported of a tunnel's way is said while it holds`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first, method: .ipip)))
    let now: UInt32 = 1000
    for (until, mtu, learned) in [(now + 412, 1400, 412), (now + 412, 1600, nil), (now, 1400, nil)] as [(UInt32, UInt64, Int?)] {
      plain.memory.paths[0] = UInt64(until) << 32 | mtu
      let hop = await plain.director.explain(try Self.flow()).nextHop
      #expect(hop?.mtu == 1500)
      #expect(hop?.learned == learned.map { Explanation.Hop.Learned(mtu: 1400, seconds: $0) })
    }
  }

  @Test func `a tunnel's header is reported from its bytes`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first, method: .ipip)))
    let explained = await plain.director.explain(try Self.flow())
    #expect(
      explained.header?.layers == [
        "Ethernet 02:00:00:00:00:01 > 02:00:00:00:00:02", "IPv4 10.0.0.1 > 10.0.0.2, IPv4 inside, TTL 64, DF",
      ]
    )
    #expect(explained.header?.bytes.count == 2 * 34)
  }

  @Test func `a sorry server is called so, with what is wrong with the others`() async throws {
    let plain = try PlainDirector()
    let sorry = IPAddress(10, 0, 0, 9)
    _ = try await plain.director.apply(
      try ServiceTable(services: [
        VirtualService(Sample.web, ringSize: 251, sorry: SorryServer(sorry), servers: [RealServer(Sample.first, weight: 0)])
      ])
    )
    let explained = await plain.director.explain(try Self.flow())
    #expect(explained.verdict == "forward")
    #expect(explained.server == Explanation.Server(address: sorry, forward: .direct, weight: 0, state: .ok, reason: nil))
    #expect(explained.notes == ["10.0.0.9 is the sorry server", "10.0.0.2 gets no new flows: its weight is 0"])
    see(try Self.flow(), plain, worker: 1, begins: true, now: 990)
    _ = try await plain.director.apply(
      try ServiceTable(services: [
        VirtualService(Sample.web, ringSize: 251, sorry: SorryServer(sorry), servers: [RealServer(Sample.first)])
      ])
    )
    let later = await plain.director.explain(try Self.flow())
    #expect(later.decidedBy == .flow)
    #expect(later.server?.state == .standby)
    #expect(
      later.notes == ["10.0.0.9 is the sorry server", "a new flow with this hash would go to 10.0.0.2"]
    )
  }

  @Test(
    "Every tunnel's header is described from its bytes",
    arguments: [
      (
        "forward: gue, source: 10.0.0.9",
        [
          "IPv4 10.0.0.9 > 10.1.0.9, UDP inside, TTL 64, DF", "UDP # > 6080, source port from the flow hash, no checksum",
          "GUE variant 0, IPv4 inside",
        ]
      ),
      (
        "forward: gue, tunnel-port: 7000, checksum: true",
        [
          "IPv4 10.1.0.1 > 10.1.0.9, UDP inside, TTL 64, DF", "UDP # > 7000, source port from the flow hash, checksum #",
          "GUE variant 0, IPv4 inside",
        ]
      ),
      ("forward: gre", ["IPv4 10.1.0.1 > 10.1.0.9, GRE inside, TTL 64, DF", "GRE, no checksum, IPv4 inside"]),
      (
        "forward: gre, checksum: true, entropy: 10.200.0.0/16",
        [
          "IPv4 10.200.# > 10.1.0.9, GRE inside, TTL 64, DF, source from entropy 10.200.0.0/16",
          "GRE, checksum #, IPv4 inside",
        ]
      ),
      (
        "forward: ipip, entropy: 10.200.0.0/16",
        ["IPv4 10.200.# > 10.1.0.9, IPv4 inside, TTL 64, DF, source from entropy 10.200.0.0/16"]
      ),
    ]
  )
  func layers(server: String, lines: [String]) throws {
    let director = try OfflineDirector(
      TestTopology.configuration([
        "address: 10.1.0.9, forward: ipip": "address: 10.1.0.9, \(server)", "tags: [100]": "tags: [ad:100, q:7]",
      ])
    )
    let source = Endpoint(address: IPAddress(192, 0, 2, 1), port: 40000)
    let destination = Endpoint(address: IPAddress(10, 0, 0, 101), port: 53)
    let explained = director.explain(try #require(FlowTuple(.udp, from: source, to: destination)))
    let layers = try #require(explained.header?.layers)
    #expect(explained.nextHop?.tags == [VLANTag(100, isProvider: true), VLANTag(7)])
    #expect(layers[1...2] == ["802.1ad VLAN 100, priority 0", "802.1Q VLAN 7, priority 0"])
    // Values that depend on the flow's hash or on a checksum are written as '#'.
    #expect(layers.count == 3 + lines.count)
    for (layer, line) in zip(layers.dropFirst(3), lines) {
      let parts = line.split(separator: "#", omittingEmptySubsequences: false)
      #expect(layer.hasPrefix(parts[0]) && layer.hasSuffix(parts[parts.count - 1]), "\(layer) is not \(line)")
    }
  }

  @Test func `a flow that any worker knows goes to its server, and asking changes nothing`() async throws {
    let plain = try PlainDirector()
    let flow = try Self.flow()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    see(flow, plain, worker: 1, begins: true, now: 990)
    see(flow, plain, worker: 1, begins: false, now: 995)
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first, weight: 0), RealServer(Sample.second)))
    let before = memory(of: plain)
    let explained = await plain.director.explain(flow)
    #expect(explained.verdict == "forward")
    #expect(explained.decidedBy == .flow)
    #expect(explained.server?.address == Sample.first)
    #expect(explained.server?.state == .draining)
    #expect(
      explained.entries == [
        Explanation.Entry(
          worker: 1,
          state: "established",
          confirmed: true,
          age: 5,
          timeout: 900,
          server: Sample.first,
          counts: true,
          fault: nil
        )
      ]
    )
    #expect(explained.slotServer == Sample.second)
    #expect(explained.notes == ["a new flow with this hash would go to 10.0.0.3"])
    #expect(memory(of: plain) == before)
    #expect(plain.counters.allSatisfy { $0.received.pointee == 0 || $0.received.pointee == 2 })
  }

  @Test func `of two workers that know a flow the one who saw it last is believed`() async throws {
    let plain = try PlainDirector()
    let flow = try Self.flow()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    see(flow, plain, worker: 0, begins: true, now: 980)
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first, weight: 0), RealServer(Sample.second)))
    see(flow, plain, worker: 1, begins: true, now: 990)
    let explained = await plain.director.explain(flow)
    #expect(explained.server?.address == Sample.second)
    #expect(explained.entries.map(\.counts) == [false, true])
    #expect(explained.entries.first?.fault == "another worker saw the flow later")
    #expect(explained.entries.map(\.confirmed) == [false, false])
  }

  @Test func `a flow silent for too long is forgotten`() async throws {
    let plain = try PlainDirector()
    let flow = try Self.flow()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    see(flow, plain, worker: 0, begins: true, now: 939)
    let explained = await plain.director.explain(flow)
    #expect(explained.decidedBy == .hash)
    #expect(explained.entries.map(\.counts) == [false])
    #expect(explained.entries.first?.fault == "expired, no packet for more than 60 s")
  }

  @Test("A flow with a removed server follows the service's on-server-loss", arguments: [ServerLossPolicy.rehash, .drop])
  func loss(policy: ServerLossPolicy) async throws {
    let plain = try PlainDirector()
    let flow = try Self.flow()
    func table(_ server: IPAddress) throws -> ServiceTable {
      try ServiceTable(services: [VirtualService(Sample.web, ringSize: 251, onServerLoss: policy, servers: [RealServer(server)])])
    }
    _ = try await plain.director.apply(try table(Sample.first))
    see(flow, plain, worker: 0, begins: true, now: 999)
    _ = try await plain.director.apply(try table(Sample.second))
    let explained = await plain.director.explain(flow)
    #expect(explained.entries.first?.fault == "its server was removed")
    #expect(explained.entries.first?.server == Sample.first)
    #expect(explained.decidedBy == (policy == .rehash ? .hash : nil))
    #expect(explained.server?.address == (policy == .rehash ? Sample.second : nil))
    #expect(explained.reason == (policy == .rehash ? "forwarded" : "dropped-server-gone"))
    #expect(
      explained.notes
        == (policy == .rehash ? [] : ["the server of the flow was removed, and on-server-loss of the service is drop"])
    )
  }

  @Test func `a service without a live server says what is wrong with each`() async throws {
    let plain = try PlainDirector()
    plain.kernel.silence([Sample.second])
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first, weight: 0), RealServer(Sample.second)))
    let explained = await plain.director.explain(try Self.flow())
    #expect(explained.verdict == "answer" && explained.reason == "answered-unreachable")
    #expect(explained.service?.ring == 0)
    #expect(explained.slot == nil && explained.server == nil && explained.nextHop == nil && explained.header == nil)
    #expect(
      explained.notes == [
        "10.0.0.2 gets no new flows: its weight is 0",
        "10.0.0.3 has no next hop: 10.0.0.3 does not answer on eth0",
      ]
    )
  }

  @Test func `a known flow of a server that has lost its next hop says why it is dropped`() async throws {
    // On a busy machine three seconds may pass before the question.
    let plain = try PlainDirector(lossDelay: .seconds(3600))
    let flow = try Self.flow()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    see(flow, plain, worker: 0, begins: true, now: 999)
    plain.kernel.silence([Sample.first])
    #expect(await plain.wait { await $0.generation == 2 })
    let explained = await plain.director.explain(flow)
    #expect(explained.reason == "dropped-unresolved")
    #expect(explained.decidedBy == .flow)
    #expect(explained.server?.state == .unresolved)
    #expect(explained.nextHop == nil)
    #expect(explained.notes.first?.hasPrefix("10.0.0.2 has no next hop: 10.0.0.2 does not answer") == true)
  }

  @Test func `what is for no service says which services there are`() async throws {
    let plain = try PlainDirector()
    #expect(await plain.director.explain(try Self.flow()).notes == ["there are no services: add one with 'sluice service add'"])
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    let otherPort = await plain.director.explain(try Self.flow(to: "10.0.0.100:81"))
    #expect(otherPort.verdict == "pass" && otherPort.service == nil && otherPort.hash == nil)
    #expect(
      otherPort.notes == ["there is no service tcp 10.0.0.100:81, nor one for any port; 10.0.0.100 has tcp 10.0.0.100:80"]
    )
    let otherVIP = await plain.director.explain(try Self.flow(to: "10.0.0.101:80"))
    #expect(otherVIP.notes == ["10.0.0.101 is not a VIP; the VIPs are 10.0.0.100"])
  }

  @Test func `a service of any port is said to be one`() async throws {
    let plain = try PlainDirector()
    let any = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 0)
    _ = try await plain.director.apply(
      try ServiceTable(services: [VirtualService(any, ringSize: 251, servers: [RealServer(Sample.first)])])
    )
    let explained = await plain.director.explain(try Self.flow())
    #expect(explained.service == Explanation.Service(service: any, match: .anyPort, ring: 251))
  }

  @Test func `a source nobody may have is dropped under its counter`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    let source = Endpoint(address: Sample.web.address, port: 80)
    let land = try #require(FlowTuple(.tcp, from: source, to: Sample.web.endpoint))
    let explained = await plain.director.explain(land)
    #expect(explained.reason == "dropped-source")
    #expect(explained.notes == [Outcome.droppedSource.meaning])
  }
}
