import Glibc
import Model
import Synchronization

/// Hands edits and the stop request to the reconciler's thread. Bounded; posting never waits.
final class Mailbox: Sendable {
  /// Maximum number of queued edits; further edits are refused. One generation takes some milliseconds and contains all queued edits.
  static let limit = 4096

  private struct State {
    var edits: [Edit] = []
    /// The latest of each server. Bounded by the servers of the table in force: only those are checked.
    var verdicts: [ServerName: HealthVerdict] = [:]
    var isStopping = false
  }

  private let state = Mutex(State())
  /// A pipe, for poll: Glibc's module has no eventfd.
  let readEnd: Int32
  private let writeEnd: Int32

  init() throws(ReconcilerError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw ReconcilerError(doing: "making a pipe", errno: errno) }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func post(_ edit: Edit) {
    let refusal: EditRefusal? = state.withLock { state in
      if state.isStopping { return .stopping }
      if state.edits.count >= Self.limit { return .tooMany(Self.limit) }
      state.edits.append(edit)
      return nil
    }
    if let refusal { edit.answer(.failure(refusal)) } else { wake() }
  }

  /// Verdicts are observations: they wait for the pace, and the latest of a server is the one that counts.
  func post(_ verdicts: [(server: ServerName, verdict: HealthVerdict)]) {
    state.withLock { state in for (server, verdict) in verdicts { state.verdicts[server] = verdict } }
    wake()
  }

  func takeVerdicts() -> [ServerName: HealthVerdict] {
    state.withLock { state in
      defer { state.verdicts = [:] }
      return state.verdicts
    }
  }

  func stop() {
    state.withLock { $0.isStopping = true }
    wake()
  }

  /// All queued edits in order of arrival; nil after a stop request.
  func take() -> [Edit]? {
    drain()
    return state.withLock { state in
      defer { state.edits = [] }
      return state.isStopping && state.edits.isEmpty ? nil : state.edits
    }
  }

  private func wake() {
    var byte: UInt8 = 1
    // write fails only when the pipe is full, and then the thread has already been woken.
    _ = write(writeEnd, &byte, 1)
  }

  private func drain() {
    var bytes = [UInt8](repeating: 0, count: 4096)
    // A pipe holds 64 KiB, so 16 reads drain it.
    for _ in 0..<16 where read(readEnd, &bytes, bytes.count) <= 0 { return }
  }
}

/// Why the reconciler could not be started.
package struct ReconcilerError: Error, CustomStringConvertible {
  package let description: String

  init(doing: String, errno code: Int32) {
    description = "\(doing) failed: \(String(cString: strerror(code))); check `ulimit -n` and `ulimit -u`"
  }
}
