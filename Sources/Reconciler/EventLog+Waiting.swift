/// Callers that wait for the next event.
struct Waits {
  /// Maximum number of waiting callers. A further one gets its answer at once and asks again, as without waiting.
  static let limit = 64

  private var continuations: [UInt64: (after: UInt64, continuation: CheckedContinuation<Void, Never>)] = [:]
  private var ticket: UInt64 = 0
  private var haveEnded = false

  mutating func nextTicket() -> UInt64 {
    ticket += 1
    return ticket
  }

  /// - Returns: whether the caller waits.
  mutating func add(_ ticket: UInt64, after number: UInt64, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
    guard !haveEnded, continuations.count < Self.limit else { return false }
    continuations[ticket] = (number, continuation)
    return true
  }

  mutating func take(_ ticket: UInt64) -> CheckedContinuation<Void, Never>? {
    continuations.removeValue(forKey: ticket)?.continuation
  }

  /// Those that wait for an event up to this number.
  mutating func takeAll(before number: UInt64) -> [CheckedContinuation<Void, Never>] {
    if continuations.isEmpty { return [] }
    return continuations.filter { $0.value.after < number }.keys.compactMap { take($0) }
  }

  mutating func end() -> [CheckedContinuation<Void, Never>] {
    haveEnded = true
    return takeAll(before: .max)
  }
}

extension EventLog {
  /// Waits until there is an event with a higher number, but no longer than `time`. Returns at once when too many wait already. Blocks no
  /// thread.
  package func wait(after number: UInt64, for time: Duration) async {
    await withTaskGroup { group in
      group.addTask { await self.wait(after: number) }
      group.addTask { try? await Task.sleep(for: time) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Ends all waits, and later ones at once: a stop does not wait for clients that follow.
  package func endWaits() {
    for continuation in state.withLock({ $0.waits.end() }) { continuation.resume() }
  }

  private func wait(after number: UInt64) async {
    let ticket = state.withLock { $0.waits.nextTicket() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Asked under the lock: a cancellation that came before it found nothing to end.
        let waits = state.withLock { state in
          state.last <= number && !Task.isCancelled && state.waits.add(ticket, after: number, continuation)
        }
        if !waits { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waits.take(ticket) }?.resume()
    }
  }
}
