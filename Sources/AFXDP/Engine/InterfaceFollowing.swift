import Model

/// Compares the known state of the attached interfaces with what the kernel reports, and returns the steps to take: a pure function, called a
/// few times a second. It compares states instead of handling events, so no change can be missed. The engine carries out the steps.
enum InterfaceFollowing {
  enum Step: Equatable, Sendable {
    /// The interface's MAC address changed: steering compares each frame's destination with it.
    case setMAC(slot: Int, MACAddress)
    /// The MTU changed; frames of some sizes do not fit a packet buffer.
    case setMTU(slot: Int, Int)
    /// The steering program is no longer attached: services' packets reach the kernel, which resets their connections.
    case attachAgain(slot: Int)
    /// Another program has replaced ours. Sluice must not remove it.
    case foreignProgram(slot: Int, AttachedProgram)
    /// Sockets must be opened again, and workers restarted with them.
    case rebuild([Reason])
  }

  enum Reason: Equatable, Sendable {
    case gone(slot: Int)
    case back(slot: Int, ifindex: UInt32)
    case queues(slot: Int, from: Int, to: Int)
    /// It has grown past what fits one buffer.
    case mtu(slot: Int, Int)

    var isOfQueues: Bool { if case .queues = self { true } else { false } }
    var isOfMTU: Bool { if case .mtu = self { true } else { false } }
  }

  /// - Parameters:
  ///   - known: the engine's view, by slot.
  ///   - seen: the kernel's view, by slot.
  ///   - programs: the ids of the engine's own steering programs, by slot.
  ///   - takesJumbo: whether program and sockets take frames in several buffers already, or never will.
  static func steps(
    _ known: [AttachedInterface],
    _ seen: [InterfaceView],
    programs: [UInt32],
    takesJumbo: Bool = false
  ) -> [Step] {
    var steps: [Step] = []
    var reasons: [Reason] = []
    for (interface, view) in zip(known, seen) {
      let slot = interface.slot
      if view.ifindex == 0 {
        if interface.isPresent { reasons.append(.gone(slot: slot)) }
        continue
      }
      if view.mtu > FrameLimit.mtu, view.mac != nil, !takesJumbo { reasons.append(.mtu(slot: slot, view.mtu)) }
      if view.ifindex != interface.ifindex {
        // An interface without a MAC address is not Ethernet: another kind of interface has taken the name.
        if view.mac != nil { reasons.append(.back(slot: slot, ifindex: view.ifindex)) }
        continue
      }
      if view.mtu > 0, view.mtu != interface.mtu { steps.append(.setMTU(slot: slot, view.mtu)) }
      if let mac = view.mac, mac != interface.mac { steps.append(.setMAC(slot: slot, mac)) }
      if view.queues > 0, view.queues != interface.queues {
        reasons.append(.queues(slot: slot, from: interface.queues, to: view.queues))
      }
      switch view.program {
      case nil: steps.append(.attachAgain(slot: slot))
      case let other? where other.id != programs[slot]: steps.append(.foreignProgram(slot: slot, other))
      case _?: break
      }
    }
    return steps + (reasons.isEmpty ? [] : [.rebuild(reasons)])
  }
}
