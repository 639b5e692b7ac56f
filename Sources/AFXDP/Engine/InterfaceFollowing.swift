import Model

/// From what was known of the attached interfaces and what the kernel says of them now to what has to be done: a pure function, asked a few
/// times a second. The engine carries it out; nothing here reacts to a single event, so that none can be missed.
enum InterfaceFollowing {
  enum Step: Equatable, Sendable {
    /// Frames for the interface have another destination: steering compares with this one.
    case setMAC(slot: Int, MACAddress)
    /// The steering program is no longer attached: services' packets reach the kernel, which resets their connections.
    case attachAgain(slot: Int)
    /// Somebody else's program is in the place of ours. It is not ours to remove.
    case foreignProgram(slot: Int, AttachedProgram)
    /// Sockets have to be made anew, and workers with them.
    case rebuild([Reason])
  }

  enum Reason: Equatable, Sendable {
    case gone(slot: Int)
    case back(slot: Int, ifindex: UInt32)
    case queues(slot: Int, from: Int, to: Int)

    var isOfQueues: Bool { if case .queues = self { true } else { false } }
  }

  /// - Parameters:
  ///   - known: by slot, as the engine has them.
  ///   - seen: by slot.
  ///   - program: the id of the engine's own steering program.
  static func steps(_ known: [AttachedInterface], _ seen: [InterfaceView], program: UInt32) -> [Step] {
    var steps: [Step] = []
    var reasons: [Reason] = []
    for (interface, view) in zip(known, seen) {
      let slot = interface.slot
      if view.ifindex == 0 {
        if interface.isPresent { reasons.append(.gone(slot: slot)) }
        continue
      }
      if view.ifindex != interface.ifindex {
        // An interface without a MAC address is not an Ethernet one: the name has gone to something else.
        if view.mac != nil { reasons.append(.back(slot: slot, ifindex: view.ifindex)) }
        continue
      }
      if let mac = view.mac, mac != interface.mac { steps.append(.setMAC(slot: slot, mac)) }
      if view.queues > 0, view.queues != interface.queues {
        reasons.append(.queues(slot: slot, from: interface.queues, to: view.queues))
      }
      switch view.program {
      case nil: steps.append(.attachAgain(slot: slot))
      case let other? where other.id != program: steps.append(.foreignProgram(slot: slot, other))
      case _?: break
      }
    }
    return steps + (reasons.isEmpty ? [] : [.rebuild(reasons)])
  }
}
