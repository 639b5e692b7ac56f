import CXDP

/// Watches the rings of the running workers.
extension EngineState {
  /// Ends busy polling when a ring stands still, counts, and reports those that go on standing.
  mutating func watchRings(_ report: inout EngineReport) {
    let workers = workers
    guard let standing = ringWatch.look(workers.map(\.indices)) else { return }
    ringProblems = standing.compactMap { $0.problem(on: name(of: $0)) }
    for stall in standing where stall.looks == 1 {
      while stalls.count <= stall.worker { stalls.append(0) }
      stalls[stall.worker] += 1
      guard options.busyPoll > 0, !hasEndedBusyPoll else { continue }
      hasEndedBusyPoll = true
      for descriptor in workers.flatMap(\.descriptors) { _ = sockets_end_busy_poll(descriptor) }
      report.note(
        .interface,
        "the \(stall.ring) ring of worker \(stall.worker) on \(name(of: stall)) stood still with busy polling: interrupts from now on"
      )
    }
  }

  private func name(of stall: RingWatch.Stall) -> String { interfaces[workers[stall.worker].slots[stall.socket]].name }
}
