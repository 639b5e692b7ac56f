import Logging
import ServiceLifecycle
import UnixSignals

/// Handles signals: SIGHUP reloads; SIGTERM or SIGINT ends this service and with it the group.
struct SignalService<Signals: AsyncSequence & Sendable>: Service, CustomStringConvertible where Signals.Element == UnixSignal {
  /// Trapped before the start of anything that a stop must undo.
  let signals: Signals
  /// Runs for each SIGHUP, once for all that arrive while it runs.
  let reload: @Sendable () async -> Void
  /// Runs once, for the signal that ends the service.
  let stopping: @Sendable (UnixSignal) -> Void

  var description: String { "signals" }

  func run() async throws {
    let (requests, request) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    // Not a child task: a stop would wait for it, and reading a large file can take minutes.
    let reloads = Task { for await _ in requests { await reload() } }
    defer {
      request.finish()
      reloads.cancel()
    }
    for try await signal in signals.cancelOnGracefulShutdown() {
      guard signal == .sighup else { return stopping(signal) }
      request.yield()
    }
  }
}

extension SignalService where Signals == UnixSignalsSequence {
  static func trap() async -> UnixSignalsSequence { await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) }
}
