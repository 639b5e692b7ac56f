// Goes with the reconciler, which will own a KernelMonitor on its own thread.
import Model
import Synchronization

/// A `KernelMonitor` for several threads and tasks, with the functions that the director uses.
package final class KernelRoutes: Sendable {
  /// Interval of `drain` and `poke`: a burst of changes is one element of `changes`.
  private static let tick: Duration = .milliseconds(50)

  private struct State {
    let monitor: KernelMonitor
    /// The last answers of the destinations in use.
    var answers: [IPAddress: RouteAnswer] = [:]
    /// A change was drained that is not an element of `changes` yet.
    var hasChanged = false

    /// Bounded, so that a storm of events can't block the caller.
    mutating func drain() throws(NetlinkError) {
      for _ in 0..<16 {
        let changes = try monitor.drain()
        if !changes.isEmpty { hasChanged = true }
        if !changes.more { return }
      }
    }
  }

  private let state: Mutex<State>

  /// For the network namespace of the calling thread.
  package init() throws(NetlinkError) {
    state = Mutex(State(monitor: try KernelMonitor()))
  }

  /// The next hops of the destinations, which are followed from now on. `slots`: from an interface's index to its slot in
  /// `sluice_root.interfaces`.
  ///
  /// Waits for new neighbours, at most `patience`: most reply within a millisecond, and a server that was just added should be in the generation
  /// of that change. If the kernel can't be queried, the last answers are used: forwarding as before is better than not forwarding.
  package func ways(
    to destinations: [IPAddress],
    slots: [UInt32: Int],
    patience: Duration = .milliseconds(300)
  ) async -> [IPAddress: Result<NextHop, NextHopFault>] {
    let deadline = ContinuousClock.now + patience
    let before = state.withLock { $0.answers }
    do throws(NetlinkError) {
      var answers = try resolve(destinations)
      var awaited = answers.filter { $0.value.isPending && before[$0.key] == nil }.map(\.key)
      while !awaited.isEmpty, ContinuousClock.now < deadline, !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(2))
        answers.merge(try resolve(awaited)) { $1 }
        awaited.removeAll { answers[$0]?.isPending != true }
      }
      return answers.mapValues { Self.nextHop($0, slots) }
    } catch {
      let known = state.withLock { $0.answers }
      let answers = destinations.map { ($0, known[$0].map { Self.nextHop($0, slots) } ?? .failure(.notAsked(error))) }
      return Dictionary(answers) { $1 }
    }
  }

  /// Stops following all other destinations.
  package func forget(allBut kept: Set<IPAddress>) {
    state.withLock { state in
      state.monitor.forget(allBut: kept)
      state.answers = state.answers.filter { kept.contains($0.key) }
    }
  }

  /// An element for each burst of changes. Also confirms the next hops, as long as the stream is in use.
  package func changes() throws(NetlinkError) -> AsyncStream<Void> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let task = Task { [self] in
        while !Task.isCancelled {
          if look() { continuation.yield() }
          try? await Task.sleep(for: Self.tick)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  private func resolve(_ destinations: [IPAddress]) throws(NetlinkError) -> [IPAddress: RouteAnswer] {
    try state.withLock { (state) throws(NetlinkError) in
      state.monitor.follow(destinations)
      try state.drain()
      let answers = try state.monitor.answers(for: destinations)
      state.answers.merge(answers) { $1 }
      return answers
    }
  }

  /// Whether something has changed. An error counts as a change: the next `ways` meets it and reports it.
  private func look() -> Bool {
    state.withLock { state in
      do throws(NetlinkError) {
        try state.monitor.poke()
        try state.drain()
      } catch {
        state.hasChanged = true
      }
      defer { state.hasChanged = false }
      return state.hasChanged
    }
  }

  private static func nextHop(_ answer: RouteAnswer, _ slots: [UInt32: Int]) -> Result<NextHop, NextHopFault> {
    Result { () throws(NextHopFault) in try answer.nextHop(slots: slots) }
  }
}

extension RouteAnswer {
  fileprivate var isPending: Bool { if case .neighbourPending = self { true } else { false } }
}
