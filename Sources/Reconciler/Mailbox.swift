import Glibc
import Synchronization

/// What others hand to the reconciler's thread: edits, and the word to stop. Bounded; handing over never waits.
final class Mailbox: Sendable {
  /// Edits that wait at once; more are refused. A generation takes some milliseconds and carries all that wait.
  static let limit = 4096

  private struct State {
    var edits: [Edit] = []
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

  func stop() {
    state.withLock { $0.isStopping = true }
    wake()
  }

  /// All that wait, in the order of coming; nil once told to stop.
  func take() -> [Edit]? {
    drain()
    return state.withLock { state in
      defer { state.edits = [] }
      return state.isStopping && state.edits.isEmpty ? nil : state.edits
    }
  }

  private func wake() {
    var byte: UInt8 = 1
    // It fails only when the pipe is full, and then the thread has been woken.
    _ = write(writeEnd, &byte, 1)
  }

  private func drain() {
    var bytes = [UInt8](repeating: 0, count: 4096)
    // A pipe holds 64 KiB.
    for _ in 0..<16 where read(readEnd, &bytes, bytes.count) <= 0 { return }
  }
}

/// Why there is no reconciler.
package struct ReconcilerError: Error, CustomStringConvertible {
  package let description: String

  init(doing: String, errno code: Int32) {
    description = "\(doing) failed: \(String(cString: strerror(code))); check `ulimit -n` and `ulimit -u`"
  }
}
