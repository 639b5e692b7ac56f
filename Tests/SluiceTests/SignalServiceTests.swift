import Synchronization
import Testing
import UnixSignals

@testable import sluice

/// What signals do while a reload takes long.
@Suite struct SignalServiceTests {
  private final class Reloads: Sendable {
    let begun = Mutex(0)
    /// A reload goes on while this is not finished.
    let (gate, open) = AsyncStream.makeStream(of: Void.self)

    func run() async {
      begun.withLock { $0 += 1 }
      for await _ in gate { return }
    }
  }

  private let reloads = Reloads()

  private func service(_ signals: AsyncStream<UnixSignal>, left: @escaping @Sendable () -> Void = {}) -> SignalService<
    AsyncStream<UnixSignal>
  > {
    let reloads = reloads
    return SignalService(signals: signals, reload: { await reloads.run() }, stopping: { _ in left() })
  }

  private func until(_ condition: () -> Bool) async throws {
    for _ in 0..<500 where !condition() { try await Task.sleep(for: .milliseconds(10)) }
    #expect(condition())
  }

  @Test("SIGTERM and SIGINT end the daemon during a reload", arguments: [UnixSignal.sigterm, .sigint])
  func stop(signal: UnixSignal) async throws {
    let (signals, send) = AsyncStream.makeStream(of: UnixSignal.self)
    let ended = Mutex(false)
    let service = service(signals)
    send.yield(.sighup)
    let running = Task {
      try await service.run()
      ended.withLock { $0 = true }
    }
    try await until { reloads.begun.withLock { $0 } == 1 }
    send.yield(signal)
    try await until { ended.withLock { $0 } }
    reloads.open.finish()
    try await running.value
  }

  @Test func `many SIGHUP during a reload cause one more`() async throws {
    let (signals, send) = AsyncStream.makeStream(of: UnixSignal.self)
    let service = service(signals)
    let running = Task { try await service.run() }
    send.yield(.sighup)
    try await until { reloads.begun.withLock { $0 } == 1 }
    for _ in 0..<100 { send.yield(.sighup) }
    try await Task.sleep(for: .milliseconds(50))
    #expect(reloads.begun.withLock { $0 } == 1)
    reloads.open.yield()
    try await until { reloads.begun.withLock { $0 } == 2 }
    reloads.open.yield()
    try await Task.sleep(for: .milliseconds(50))
    // On a busy machine some of them may arrive during the second.
    let settled = reloads.begun.withLock { $0 }
    #expect((2...3).contains(settled))
    reloads.open.yield()
    // One after all were done.
    send.yield(.sighup)
    try await until { reloads.begun.withLock { $0 } > settled }
    reloads.open.finish()
    send.yield(.sigterm)
    try await running.value
  }
}
