import Synchronization

/// Limits how many callers run at a time; the others wait in order of arrival.
///
/// For work that takes memory while it runs. The number of waiting callers is bounded by the number of connections, each of which waits for
/// one reply.
final class Lane: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
    /// How many of `waiting`, from its beginning, have been let through.
    var served = 0
  }

  private let state: Mutex<State>

  /// Number of callers that wait for their turn.
  var waiting: Int { state.withLock { $0.waiting.count - $0.served } }

  init(width: Int) { state = Mutex(State(free: width)) }

  /// - Throws: `CancellationError` if the caller was cancelled before its turn.
  func run<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
    await enter()
    defer { leave() }
    try Task.checkCancellation()
    return try await work()
  }

  private func enter() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.free -= 1
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  private func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.served < state.waiting.count else {
        state.free += 1
        return nil
      }
      let next = state.waiting[state.served]
      state.served += 1
      if state.served == state.waiting.count { (state.waiting, state.served) = ([], 0) }
      return next
    }
    next?.resume()
  }
}
