import ABI
import CXDP
import Forwarding
import Glibc
import KernelCalls
import Model
import Testing

@testable import AFXDP

/// Attaching to an interface, detaching, and taking over what an earlier daemon left. Each test runs in its own namespaces.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct AttachmentTests {
  @Test("On veth the program runs natively; its pin exists while it is attached, and nothing is left afterwards")
  func native() throws {
    try OwnNamespaces.inside {
      let life = try Life("v0")
      try check(life.attachment.isNative && life.note == nil, "native, without a note")
      try check(AttachedProgram(life.interface.ifindex)?.name == "sluice_steer", "attached with its name")
      let path = try life.pin()
      try check(access(path, F_OK) == 0, "pinned at \(path)")
      life.attachment.detach()
      try check(AttachedProgram(life.interface.ifindex) == nil, "detached")
      try check(access(path, F_OK) != 0 && access(PinPath.root, F_OK) != 0, "no pin and no folder is left")
    }
  }

  @Test("Without a bpffs the program is attached over netlink, stays after the daemon has ended, and can be detached")
  func netlink() throws {
    try OwnNamespaces.inside(.tmpfs) {
      let life = try Life("v0")
      guard case .netlink = life.attachment.hold else { throw Failed("a link, but no place to pin it") }
      life.end()
      let left = AttachedProgram(life.interface.ifindex)
      try check(left?.name == "sluice_steer" && left?.isNative == true, "still attached")
      life.attachment.detach()
      try check(AttachedProgram(life.interface.ifindex) == nil, "detached")
      try check(access(PinPath.root, F_OK) != 0, "no folder is created")
    }
  }

  @Test(
    "The next daemon replaces the program and keeps tables and flows",
    arguments: OwnNamespaces.FileSystem.allCases
  )
  func takeOver(fileSystem: OwnNamespaces.FileSystem) throws {
    try OwnNamespaces.inside(fileSystem) {
      let first = try Life("v0")
      try check(!first.isTakenOver, "there was nothing to take over")
      for _ in 1...3 { try TestTopology.publish(to: first.tables) }
      first.flows[0].buckets[3].entries.2 = sluice_flow(tag: 99, server: 7, incarnation: 0, state: 2, seen: 12)
      let former = AttachedProgram(first.interface.ifindex)?.id
      first.end()
      try check(AttachedProgram(first.interface.ifindex)?.id == former, "the program outlives its daemon")

      let second = try Life("v0")
      try check(second.isTakenOver, "tables and flows go on")
      try check(second.tables.inForce().half.pointee.generation == 3, "the generation in force is the former one")
      let flow = second.flows[0].buckets[3].entries.2
      try check(flow.tag == 99 && flow.server == 7 && flow.seen == 12, "the flow is still known")
      let program = AttachedProgram(second.interface.ifindex)
      try check(program != nil && program?.id != former, "its own program, with its own build, is attached")
      try check(program?.isNative == true && second.note == nil, "natively, as before")
      second.attachment.detach()
      try check(AttachedProgram(second.interface.ifindex) == nil, "and it can detach it")
    }
  }

  @Test("A life with larger or smaller limits goes on with the tables of the former, larger where it asks for it")
  func otherLimits() throws {
    try OwnNamespaces.inside {
      let first = try Life("v0")
      try TestTopology.publish(to: first.tables)
      let former = TestTopology.capacity
      first.end()
      for (generation, change) in [{ $0.capacity.servers = 64 }, { $0.capacity.slots = 128 }, { $0.capacity.services = 1 }]
        .enumerated() as EnumeratedSequence<[(inout EngineOptions) -> Void]>
      {
        let life = try Life("v0", change)
        var asked = EngineOptions(interfaces: ["v0"], flows: 1024, capacity: former)
        change(&asked)
        try check(life.isTakenOver, "taken over")
        try check(life.tables.capacity.covers(asked.capacity) && life.tables.capacity.covers(former), "with room for both")
        try check(
          life.tables.inForce().half.pointee.generation == UInt64(generation) + 1,
          "the generation in force is the former's"
        )
        try TestTopology.publish(to: life.tables)
        life.end()
      }
      let other = try Life("v1")
      try check(!other.isTakenOver, "an interface without a daemon has nothing to take over")
      other.attachment.detach()
    }
  }

  @Test("Flows move to a table of another size, and are counted", arguments: [4096, 256])
  func otherFlows(entries: Int) throws {
    try OwnNamespaces.inside {
      let first = try Life("v0")
      try TestTopology.publish(to: first.tables)
      for hash in (1...100).map({ UInt64($0) &* 0x9e37_79b9_7f4a_7c15 | 1 }) {
        let place = (0..<4).map { first.flows[0].bucket(hash) + $0 }.first { $0.pointee.tag == 0 }
        place?.pointee = sluice_flow(tag: hash, server: 3, incarnation: 0, state: UInt16(SLUICE_STATE_ESTABLISHED), seen: 1000)
      }
      first.end()
      let second = try Life("v0") { $0.flows = entries }
      try check(second.isTakenOver, "taken over")
      let counters = Counters.allocate(serverCapacity: 32)
      second.flows[0].adopt(second.tables.inForce(), now: 1000, counters)
      let kept = Int(counters.flows.pointee)
      try check(entries > 1024 ? kept >= 99 : kept > 90, "\(kept) of 100 flows were kept")
      try check(counters.loads[3].count(state: Int(SLUICE_STATE_ESTABLISHED), incarnation: 0) == kept, "and counted")
      second.attachment.detach()
    }
  }

  @Test("Somebody else's program is left alone, and the refusal says whose and what to do", arguments: [true, false])
  func foreign(native: Bool) throws {
    let (line, left) = try OwnNamespaces.inside {
      let foreign = kernel_load_passing_program("somebody_elses")
      let index = if_nametoindex("v0")
      try check(steering_attach(foreign, index, native ? 1 : 0, 0) == 0, "the other program is attached")
      return (try Self.refusal("v0", .auto), AttachedProgram(index)?.name)
    }
    #expect(line.contains("v0") && line.contains("somebody_elses") && line.contains("ip link set v0 xdp off"), "\(line)")
    #expect(left == "somebody_elses")
  }

  @Test("Detaching leaves a program that has replaced ours")
  func replaced() throws {
    try OwnNamespaces.inside(.tmpfs) {
      let life = try Life("v0")
      let ours = AttachedProgram(life.interface.ifindex)?.id ?? 0
      let foreign = kernel_load_passing_program("somebody_elses")
      try check(steering_attach(foreign, life.interface.ifindex, 1, ours) == 0, "replaced")
      life.attachment.detach()
      try check(AttachedProgram(life.interface.ifindex)?.name == "somebody_elses", "the other program stays")
    }
  }

  @Test("A pinned link prevents replacing the program by mistake")
  func held() throws {
    try OwnNamespaces.inside {
      let life = try Life("v0")
      let foreign = kernel_load_passing_program("somebody_elses")
      try check(steering_attach(foreign, life.interface.ifindex, 1, 0) != 0, "refused by the kernel")
      life.attachment.detach()
    }
  }

  @Test("A driver without native XDP gets generic XDP and a note, or an error if native was configured")
  func generic() throws {
    let (note, isNative, line) = try OwnNamespaces.inside {
      // A bridge has no native XDP.
      for command in ["ip link add b0 type bridge", "ip link set b0 up"] { try OwnNamespaces.run(command) }
      let line = try Self.refusal("b0", .native)
      let life = try Life("b0")
      defer { life.attachment.detach() }
      return (life.note, life.attachment.isNative, line)
    }
    #expect(!isNative)
    #expect(note?.hasPrefix("b0: generic XDP") == true, "\(note ?? "no note")")
    #expect(
      line == "b0 refuses native XDP (Operation not supported: Underlying driver does not support XDP in native mode): "
        + "use another interface, or `director.mode: auto`"
    )
  }

  @Test("A driver's own words say why it refuses native XDP, with the MTU")
  func reason() throws {
    let (note, line) = try OwnNamespaces.inside {
      // veth refuses programs for which a frame from the other end may be too large.
      try OwnNamespaces.run("ip link set v1 mtu 9000")
      let line = try Self.refusal("v0", .native)
      let life = try Life("v0")
      defer { life.attachment.detach() }
      return (life.note, line)
    }
    let reason = "Numerical result out of range: veth: Peer MTU is too large to set XDP, MTU 1500"
    #expect(line == "v0 refuses native XDP (\(reason)): try `director.mode: auto` with `director.copy: auto`")
    #expect(note?.contains("refuses a native program (\(reason))") == true, "\(note ?? "no note")")
  }

  @Test("Generic XDP stays generic at a take-over, with a note if native was configured")
  func takeOverOfGeneric() throws {
    let note = try OwnNamespaces.inside {
      let first = try Life("v0") { $0.mode = .generic }
      try check(!first.attachment.isNative && first.note == nil, "generic, as configured")
      first.end()
      let second = try Life("v0")
      defer { second.attachment.detach() }
      try check(!second.attachment.isNative, "still generic")
      return second.note
    }
    #expect(note?.contains("taken over from the previous daemon") == true)
  }

  /// The error with which the data plane refuses an interface.
  private static func refusal(_ name: String, _ mode: AttachMode) throws -> String {
    do {
      let life = try Life(name) { $0.mode = mode }
      life.attachment.detach()
      throw Failed("\(name) was not refused")
    } catch let failure as EngineFailure {
      return failure.description
    }
  }
}
