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
      try TestTopology.publish(generation: 41, to: first.tables)
      first.flows[0].buckets[3].entries.2 = sluice_flow(tag: 99, server: 7, incarnation_state: 10, seen: 12)
      let former = AttachedProgram(first.interface.ifindex)?.id
      first.end()
      try check(AttachedProgram(first.interface.ifindex)?.id == former, "the program outlives its daemon")

      let second = try Life("v0")
      try check(second.isTakenOver, "tables and flows are kept")
      try check(second.tables.inForce().half.pointee.generation == 41, "the active generation is the former one")
      let flow = second.flows[0].buckets[3].entries.2
      try check(flow.tag == 99 && flow.server == 7 && flow.seen == 12, "the flow is still known")
      let program = AttachedProgram(second.interface.ifindex)
      try check(program != nil && program?.id != former, "its own program, with its own build, is attached")
      try check(program?.isNative == true && second.note == nil, "natively, as before")
      second.attachment.detach()
      try check(AttachedProgram(second.interface.ifindex) == nil, "and it can detach it")
    }
  }

  @Test("A daemon with other limits starts with empty tables and replaces the former one")
  func otherLimits() throws {
    try OwnNamespaces.inside {
      let first = try Life("v0")
      try TestTopology.publish(to: first.tables)
      first.end()
      for change in [{ $0.flows = 4096 }, { $0.capacity.servers = 64 }, { $0.capacity.slots = 128 }]
        as [(inout EngineOptions) -> Void]
      {
        let life = try Life("v0", change)
        try check(!life.isTakenOver && life.tables.inForce().half.pointee.generation == 0, "new tables")
        life.end()
      }
      let other = try Life("v1")
      try check(!other.isTakenOver, "an interface without a daemon has nothing to take over")
      other.attachment.detach()
    }
  }

  @Test("Another program stays attached, and the error names it and the command that detaches it", arguments: [true, false])
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
      let line = try Self.refusal("lo", .native)
      let life = try Life("lo")
      defer { life.attachment.detach() }
      return (life.note, life.attachment.isNative, line)
    }
    #expect(!isNative)
    #expect(note?.hasPrefix("lo: generic XDP") == true, "\(note ?? "no note")")
    #expect(line == "lo does not support native XDP: use another interface, or `director.mode: auto`")
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
