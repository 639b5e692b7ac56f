import CXDP

/// Loads the steering programs and attaches them. One serves all interfaces, except those whose drivers tell the VLAN tags that are not in
/// the frames: each of these has a program bound to it.
extension EngineState {
  /// Attaches a program to an interface; a former one of Sluice's is replaced.
  mutating func attach(_ slot: Int) throws(EngineFailure) {
    if let bound = boundProgram(slot),
      let (attachment, _) = try? Attachment.attach(bound.descriptor, to: interfaces[slot], .native)
    {
      return try enter(bound, attachment, slot)
    }
    if let note = interfaces[slot].leaveTags() { notes.append(note) }
    let program = try shared()
    let (attachment, note) = try Attachment.attach(program.descriptor, to: interfaces[slot], options.attachMode)
    if let note { notes.append(note) }
    try enter(program, attachment, slot)
  }

  private mutating func enter(_ program: SteeringProgram, _ attachment: Attachment, _ slot: Int) throws(EngineFailure) {
    programs[slot] = program
    attachments[slot] = attachment
    interfaces[slot].isNative = attachment.isNative
    try interfaces[slot].countQueues()
  }

  /// A program that reads the tags; nil where the driver does not tell them, or the program could not be attached: such a program runs in the
  /// driver alone. What replaces a former program has its mode.
  private mutating func boundProgram(_ slot: Int) -> SteeringProgram? {
    let ifindex = interfaces[slot].ifindex
    guard options.mode != .generic, metadata_has_tag(ifindex) == 1, AttachedProgram(ifindex)?.isNative != false else {
      return nil
    }
    return try? load(boundTo: ifindex)
  }

  /// The program for any interface.
  private mutating func shared() throws(EngineFailure) -> SteeringProgram {
    if let sharedProgram { return sharedProgram }
    let program = try load(boundTo: 0)
    sharedProgram = program
    return program
  }

  private func load(boundTo ifindex: UInt32) throws(EngineFailure) -> SteeringProgram {
    try SteeringProgram(
      maps.programMaps(maps.tables),
      holding: maps.descriptors(maps.tables),
      takesJumbo: takesJumbo,
      bound: ifindex
    )
  }

  private mutating func successor(of former: SteeringProgram, _ slot: Int) throws(EngineFailure) -> SteeringProgram {
    if former.bound != 0 {
      if let bound = try? load(boundTo: former.bound) { return bound }
      if let note = interfaces[slot].leaveTags() { notes.append(note) }
    }
    return try shared()
  }

  /// Loads programs with the tables in force and replaces the running ones.
  mutating func replacePrograms() {
    guard !programs.isEmpty else { return }
    steeringFault = nil
    sharedProgram = nil
    do throws(EngineFailure) {
      for slot in interfaces.indices {
        guard let attachment = attachments[slot], let former = programs[slot] else { continue }
        let next = try successor(of: former, slot)
        attachments[slot] = try attachment.replace(by: next, on: interfaces[slot].name)
        programs[slot] = next
      }
      pinMaps()
    } catch {
      // The old programs keep steering by the old tables: what they contain stays right, new services are left to the kernel.
      steeringFault = "steering goes by the tables before they were enlarged, since its program could not be replaced: \(error)"
    }
  }
}
