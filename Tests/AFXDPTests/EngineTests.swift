import ABI
import CXDP
import Forwarding
import Glibc
import KernelCalls
import Model
import Reconciler
import Testing

@testable import AFXDP
@testable import Reconciler

/// The whole data plane on real interfaces, in its own namespaces.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct EngineTests {
  private static let options = EngineOptions(interfaces: ["v0", "w0"], flows: 1024, capacity: TestTopology.capacity)

  @Test("Packets received by either interface leave through the other, long after every frame has been used")
  func twoArms() throws {
    let bursts = 400
    let size = 64
    let (outcomes, steered, left) = try OwnNamespaces.inside {
      let engine = try Self.started()
      let services = [
        TestTopology.Service(name: "tcp 10.0.0.100:80", server: IPAddress(10, 0, 1, 10), egress: 1),
        TestTopology.Service(name: "tcp 10.0.0.100:81", server: IPAddress(10, 0, 1, 11), egress: 0),
      ]
      try TestTopology.write(services, into: engine.tables)
      engine.publish(engine.tables)
      let wires = try [
        Wire(from: "v1", to: engine.interfaces[0].mac.bytes, port: 80, arriving: "w1", egress: 1, server: 10),
        Wire(from: "w1", to: engine.interfaces[1].mac.bytes, port: 81, arriving: "v1", egress: 0, server: 11),
      ]
      for burst in 0..<bursts { try wires[burst % 2].exchange(size, from: burst * size) }
      let outcomes = Outcome.allCases.map { engine.counters[0].outcomes[$0.index] }
      let steered = engine.steered
      engine.stop()
      return (outcomes, steered, engine.interfaces.map { AttachedProgram($0.ifindex) == nil })
    }
    #expect(outcomes[Outcome.forwarded.index] == UInt64(bursts * size))
    #expect(outcomes.reduce(0, +) == UInt64(bursts * size))
    #expect(steered.taken == UInt64(bursts * size))
    #expect(steered.noSocket == 0)
    #expect(bursts * size > Worker.frames(sockets: 2), "or frames could be lost without notice")
    #expect(left == [true, true], "nothing is attached afterwards")
  }

  @Test("A second engine on an interface is refused while the first one runs, and accepted afterwards")
  func claimed() throws {
    let line = try OwnNamespaces.inside {
      let first = try Self.started()
      let line = Self.refusal { $0.interfaces = ["w0"] }
      try check(AttachedProgram(if_nametoindex("w0"))?.name == "sluice_steer", "the first one's program is still attached")
      first.stop()
      let second = try Self.started()
      try check(!second.isTakenOver, "a clean stop leaves nothing to take over")
      second.stop()
      return line
    }
    #expect(line.contains("another sluice already runs on w0: stop it first, `fuser "), "\(line)")
  }

  @Test("A start that fails midway leaves nothing attached, pinned or claimed")
  func undone() throws {
    let line = try OwnNamespaces.inside {
      // When w0 is refused, v0 is already attached.
      let foreign = kernel_load_passing_program("somebody_elses")
      try check(steering_attach(foreign, if_nametoindex("w0"), 1, 0) == 0, "the other program is attached")
      let line = Self.refusal { _ in }
      try check(AttachedProgram(if_nametoindex("v0")) == nil, "nothing is attached to v0")
      try check(access(PinPath.root, F_OK) != 0, "no pin is left")
      try check(Self.refusal { $0.interfaces = ["v0", "nowhere0"] }.hasPrefix("no interface nowhere0"), "v0 is not claimed")
      try Self.started { $0.interfaces = ["v0"] }.stop()
      return line
    }
    #expect(line.contains("w0") && line.contains("somebody_elses"), "\(line)")
  }

  @Test("An engine that could not start, or has ended, follows its interfaces no more")
  func ended() throws {
    let reports = try OwnNamespaces.inside {
      var reports: [[String]] = []
      for end in [Engine.stop, Engine.leave] {
        let engine = try Self.started { $0.interfaces = ["v0"] }
        end(engine)()
        reports.append(engine.follow().problems)
      }
      // Attached by now, but the sockets are refused.
      let engine = try Engine(EngineOptions(interfaces: ["w0"], copy: .zeroCopy, flows: 1024, capacity: TestTopology.capacity))
      try? engine.start()
      return reports + [engine.follow().problems]
    }
    #expect(reports == [[], [], []])
  }

  @Test("A start with larger limits after a crash leaves the former program in place until its own is over the larger tables")
  func otherLimits() throws {
    let forwarded = try OwnNamespaces.inside {
      let former = try Life("v0")
      try TestTopology.publish(to: former.tables)
      let index = former.interface.ifindex
      former.end()
      let left = AttachedProgram(index)?.id
      let capacity = TableCapacity(slots: 128, services: 16, servers: 64, ringSlots: 32768)
      let engine = try Engine(EngineOptions(interfaces: ["v0"], flows: 1024, capacity: capacity))
      try check(engine.isTakenOver && engine.tables.capacity == capacity, "the former daemon's tables are enlarged")
      try check(left != nil && AttachedProgram(index)?.id == left, "the former program steers meanwhile")
      let service = TestTopology.Service(name: "tcp 10.0.0.100:80", server: IPAddress(10, 0, 1, 10))
      try TestTopology.write([service], into: engine.tables)
      engine.publish(engine.tables)
      try check(AttachedProgram(index)?.id == left, "and while the next generation is made")
      try engine.start()
      try check(AttachedProgram(index)?.id != left, "then the new one is in its place")
      let wire = try Wire(from: "v1", to: engine.interfaces[0].mac.bytes, port: 80, arriving: "v1", egress: 0, server: 10)
      try wire.exchange(64, from: 0)
      engine.stop()
      // Passed frames are not compared: the far end's kernel sends some of its own.
      return engine.counters[0].outcomes[Outcome.forwarded.index]
    }
    #expect(forwarded == 64)
  }

  @Test("Tables that outgrow their maps move to larger ones under running workers and program, and no packet notices")
  func growth() throws {
    let (forwarded, replaced) = try OwnNamespaces.inside {
      let engine = try Self.started { $0.interfaces = ["v0"] }
      let service = TestTopology.Service(name: "tcp 10.0.0.100:80", server: IPAddress(10, 0, 1, 10))
      var memory = engine.tables
      var writer = TableWriter(memory)
      let table = try TestTopology.desired([service])
      func publish() throws {
        writer.write(
          try writer.plan(
            table.0,
            table.1.mapValues { .resolved($0) },
            changed: writer.services.union(table.0.services.map(\.key))
          )
        )
        engine.publish(memory)
        writer = TableWriter(memory)
      }
      try publish()
      let wire = try Wire(from: "v1", to: engine.interfaces[0].mac.bytes, port: 80, arriving: "v1", egress: 0, server: 10)
      let first = AttachedProgram(engine.interfaces[0].ifindex)?.id
      for round in 1...5 {
        try wire.exchange(64, from: round * 64)
        let capacity = memory.capacity
        memory = try engine.grow(
          to: TableCapacity(
            slots: capacity.slots * 2,
            services: capacity.services * 2,
            servers: capacity.servers * 2,
            ringSlots: capacity.ringSlots * 2
          )
        )
        writer.move(to: memory)
        try wire.exchange(64, from: 1000 + round * 64)
        try publish()
        try wire.exchange(64, from: 2000 + round * 64)
      }
      let last = AttachedProgram(engine.interfaces[0].ifindex)?.id
      engine.stop()
      return (engine.counters[0].outcomes[Outcome.forwarded.index], first != last)
    }
    #expect(forwarded == 5 * 3 * 64)
    #expect(replaced)
  }

  @Test("Set-ups that would lose packets are refused in one line that says the mend")
  func refusals() throws {
    let lines = try OwnNamespaces.inside {
      [
        Self.refusal { $0.interfaces = [] },
        Self.refusal { $0.workers = 2 },
        Self.refusal {
          $0.interfaces = ["v0"]
          $0.copy = .zeroCopy
        },
        Self.refusal { $0.interfaces = ["lo"] },
        Self.refusal {
          $0.interfaces = ["v0"]
          $0.mode = .generic
          $0.copy = .zeroCopy
        },
        try Self.twoNames(),
      ]
    }
    #expect(lines[0] == "no interface is given: name one under director.interfaces")
    #expect(lines[1].contains("give all interfaces the same number with `ethtool -L`"))
    #expect(lines[2] == "v0 refuses zero-copy (Operation not supported, MTU 1500): set director.copy: auto or copy")
    #expect(lines[3] == "lo is not Ethernet: Sluice forwards Ethernet frames only")
    #expect(
      lines[4]
        == "zero-copy needs native XDP, but v0 has generic XDP: set director.copy: auto, or director.mode: native"
    )
    #expect(lines[5] == "v0 and outside are two names of one interface: give one of them")
  }

  @Test("Where a program can't ask for VLAN tags they stay in received frames while it runs, and the NIC's setting is restored")
  func tags() throws {
    try OwnNamespaces.inside {
      try check(sockets_strips_tags("v0") == 1, "veth takes tags off by default")
      let asking = try Self.started { $0.interfaces = ["v0"] }
      let isLeft = sockets_strips_tags("v0") == 1
      asking.stop()
      try check(isLeft, "the driver's kfunc tells the tag, so the setting stays")
      let engine = try Self.started {
        $0.interfaces = ["v0"]
        $0.mode = .generic
      }
      let isSwitched = sockets_strips_tags("v0") == 0
      let isSaid = engine.notes.contains { $0.contains("`ethtool -K PEER txvlan off`") }
      engine.stop()
      try check(isSwitched && isSaid, "left in the frames, and said")
      try check(sockets_strips_tags("v0") == 1, "restored")
    }
  }

  @Test("The NIC's setting is also restored after a start that took over, and by a detach after a daemon that left")
  func tagsLater() throws {
    try OwnNamespaces.inside {
      func generic() throws -> Engine {
        try Self.started {
          $0.interfaces = ["v0"]
          $0.mode = .generic
        }
      }
      try generic().leave()
      let isKept = sockets_strips_tags("v0") == 0
      let next = try generic()
      let isTakenOver = next.isTakenOver
      next.stop()
      try check(isKept && isTakenOver && sockets_strips_tags("v0") == 1, "restored by the next daemon")
      try generic().leave()
      let names = try Engine.detach(from: ["v0"]) {}
      try check(names == ["v0"] && sockets_strips_tags("v0") == 1, "restored by detach")
    }
  }

  private static func twoNames() throws -> String {
    try OwnNamespaces.run("ip link property add dev v0 altname outside")
    return refusal { $0.interfaces = ["v0", "outside"] }
  }

  private static func started(_ change: (inout EngineOptions) -> Void = { _ in }) throws -> Engine {
    var options = options
    change(&options)
    let engine = try Engine(options)
    try engine.start()
    return engine
  }

  private static func refusal(_ change: (inout EngineOptions) -> Void) -> String {
    do {
      try started(change).stop()
      return "not refused"
    } catch {
      return "\(error)"
    }
  }
}
