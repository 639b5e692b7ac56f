import ABI
import CXDP
import Forwarding
import Glibc
import Model

/// Carries out the steps of `InterfaceFollowing`.
extension EngineState {
  /// Checks every interface and responds to changes.
  ///
  /// - Parameter further: the further MAC addresses that the kernel has, by the interface's name.
  /// - Returns: what happened, and the problems that could not be repaired.
  mutating func follow(_ further: [String: [FurtherMAC]]) -> EngineReport {
    var report = EngineReport()
    // Not before the start.
    guard programs.contains(where: { $0 != nil }) else { return report }
    let seen = interfaces.compactMap { InterfaceView($0.name) }
    guard seen.count == interfaces.count else {
      report.problems = ["the interfaces can't be looked up: \(EngineFailure.words(-errno)); `ulimit -n` bounds open files"]
      return report
    }
    if steeringFault != nil { replacePrograms() }
    for step in InterfaceFollowing.steps(
      interfaces,
      seen,
      programs: programs.map { $0?.id ?? 0 },
      takesJumbo: takesJumbo || refusesJumbo
    ) {
      carryOut(step, &report)
    }
    for note in take(further) { report.note(.interface, note) }
    watchRings(&report)
    report.problems += lasting() + ringProblems
    return report
  }

  /// Has steering take frames to these addresses besides those of the configuration, and to no others.
  ///
  /// - Returns: what has changed.
  mutating func take(_ further: [String: [FurtherMAC]]) -> [String] {
    var notes: [String] = []
    for slot in interfaces.indices {
      let (name, own) = (interfaces[slot].name, interfaces[slot].mac)
      let configured = options.macAddresses[name]?.map { FurtherMAC($0) } ?? []
      let wanted = (configured + (further[name] ?? [])).filter { $0.mac != own }
      let (added, removed) = interfaces[slot].further.set(wanted)
      // The interface's own address is one of these when a VLAN's becomes its own.
      notes += removed.filter { $0.mac != own }.map {
        "frames to \($0.mac) on \(name) are left to the kernel: \($0.interface ?? "the configuration") no longer has it"
      }
      notes += added.map { "frames to \($0) on \(name) are taken" }
    }
    if !notes.isEmpty { enterInterfaces() }
    return notes
  }

  private mutating func carryOut(_ step: InterfaceFollowing.Step, _ report: inout EngineReport) {
    switch step {
    case .setMAC(let slot, let mac):
      let former = interfaces[slot].mac
      interfaces[slot].mac = mac
      enterInterfaces()
      report.note(
        .interface,
        "\(interfaces[slot].name) changed its MAC address from \(former) to \(mac): steering takes frames to the new one"
      )
    case .setMTU(let slot, let mtu): interfaces[slot].mtu = mtu
    case .attachAgain(let slot): attachAgain(slot, &report)
    case .foreignProgram(let slot, let other):
      let name = interfaces[slot].name
      report.problems.append(
        "\(name) has another XDP program (\(other.name), id \(other.id)) in the place of Sluice's, and services' packets reach the kernel: "
          + "`ip link set \(name) xdp off` removes it, and Sluice attaches again"
      )
    case .rebuild(let reasons): rebuild(reasons, &report)
    }
  }

  private mutating func attachAgain(_ slot: Int, _ report: inout EngineReport) {
    attachments[slot]?.abandon()
    attachments[slot] = nil
    do throws(EngineFailure) {
      try attach(slot)
      report.note(.steering, "the steering program had been detached from \(interfaces[slot].name): attached again")
    } catch {
      report.problems.append("the steering program is not attached to \(interfaces[slot].name): \(error)")
    }
  }

  private mutating func rebuild(_ reasons: [InterfaceFollowing.Reason], _ report: inout EngineReport) {
    stopWorkers()
    notes = []
    let grows = reasons.contains(where: \.isOfMTU)
    if grows {
      takesJumbo = true
      replacePrograms()
    }
    for reason in reasons { apply(reason, &report) }
    enterInterfaces()
    do throws(EngineFailure) {
      try startWorkers()
      // A new queue may run without the program: veth sets it on the queues that exist when the program is attached, and only then
      // (veth_set_channels). Attaching the same program again is no change to the kernel, so a new one replaces it.
      if reasons.contains(where: \.isOfQueues) { replacePrograms() }
      if grows { notes += interfaces.compactMap(segmentationNote) }
      for note in notes { report.note(.interface, note) }
    } catch {
      stopWorkers()
      if grows {
        // An older kernel: as before, and `lasting` says which frames are lost.
        (takesJumbo, refusesJumbo) = (false, true)
        return rebuild(reasons.filter { !$0.isOfMTU }, &report)
      }
      report.problems.append("workers could not be started: \(error)")
      // Forces another attempt at the next check.
      for slot in interfaces.indices { interfaces[slot].queues = 0 }
    }
  }

  private mutating func apply(_ reason: InterfaceFollowing.Reason, _ report: inout EngineReport) {
    switch reason {
    case .gone(let slot):
      attachments[slot]?.abandon()
      attachments[slot] = nil
      interfaces[slot].ifindex = 0
      report.note(.interface, "\(interfaces[slot].name) is gone: nothing is received or sent there until it is back")
    case .back(let slot, let ifindex):
      attachments[slot]?.abandon()
      attachments[slot] = nil
      guard let view = InterfaceView(interfaces[slot].name) else { return }
      interfaces[slot].ifindex = ifindex
      interfaces[slot].mac = view.mac ?? interfaces[slot].mac
      interfaces[slot].queues = max(view.queues, 1)
      interfaces[slot].mtu = view.mtu
      enterInterfaces()
      do throws(EngineFailure) {
        try attach(slot)
        report.note(
          .interface,
          "\(interfaces[slot].name) was made again: attached, with sockets on \(interfaces[slot].queues) queue(s)"
        )
      } catch {
        interfaces[slot].ifindex = 0
        report.problems.append("\(interfaces[slot].name) is back, but \(error)")
      }
    case .queues(let slot, let from, let to):
      interfaces[slot].queues = to
      report.note(.interface, "\(interfaces[slot].name) went from \(from) to \(to) queues: one worker for each")
    case .mtu(let slot, let mtu):
      report.note(.interface, "\(interfaces[slot].name) has MTU \(mtu) now: the workers take frames in several buffers")
    }
  }

  /// Problems that persist.
  private func lasting() -> [String] {
    var problems = steeringFault.map { [$0] } ?? []
    problems += interfaces.filter { !$0.isPresent }.map { "\($0.name) is gone: services' packets cannot come in there" }
    problems += interfaces.compactMap(\.furtherFault)
    let present = interfaces.filter(\.isPresent)
    problems += present.compactMap { FrameLimit.fault($0.name, mtu: $0.mtu, takesJumbo: takesJumbo) }
    if let most = present.max(by: { $0.queues < $1.queues }), let least = present.min(by: { $0.queues < $1.queues }),
      most.queues != least.queues
    {
      problems.append(
        "\(most.name) has \(most.queues) queues and \(least.name) \(least.queues): what comes in on the further ones cannot leave by "
          + "\(least.name); `ethtool -L \(least.name) combined \(most.queues)` gives it as many"
      )
    }
    return problems
  }
}

/// What the engine noticed and did.
package struct EngineReport: Sendable {
  package enum Kind: Sendable { case interface, steering }

  package var events: [(kind: Kind, text: String)] = []
  package var problems: [String] = []

  mutating func note(_ kind: Kind, _ text: String) { events.append((kind, text)) }
}
