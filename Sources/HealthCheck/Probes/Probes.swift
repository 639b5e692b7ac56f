import Model
import NIOCore
import NIOPosix

/// Begins checks of every kind.
// Unchecked: used on the event loop of the checks only.
final class Probes: @unchecked Sendable {
  let budget: ReplyBudget
  private let loop: any EventLoop
  private let limits: CheckLimits
  private let contexts = TLSContexts()
  private let connects: Connects
  private var threads: NIOThreadPool?
  /// Scripts and files that a thread works on or that wait for one.
  private var handedOver = 0

  /// Waiting for a thread, for each thread. A file system that hangs holds the threads; the checks behind them fail at once instead of piling up.
  private static let queuePerThread = 8

  init(_ limits: CheckLimits, on loop: any EventLoop) {
    (self.limits, self.loop) = (limits, loop)
    budget = ReplyBudget(limits)
    connects = Connects(on: loop)
  }

  func stop() {
    connects.stop()
    threads?.shutdownGracefully { _ in }
  }

  /// - Parameter done: called once, perhaps before this returns.
  /// - Returns: nil for a check that only `stop` can end early.
  func begin(_ check: Check, _ address: IPAddress, done: @escaping (CheckResult) -> Void) -> Attempt? {
    if case .tcp(let port) = check.probe {
      connects.begin(check, address, port: port, done: done)
      return nil
    }
    let attempt = Attempt(check, address, budget, on: loop, done: done)
    switch check.probe {
    case .tcp: break
    case .smtp(let port): attempt.connect(port) { try $0.pipeline.syncOperations.addHandler(GreetingHandler(attempt)) }
    case .http(let probe, let port): attempt.ask(probe, port, contexts)
    case .grpc(let probe, let port): attempt.ask(probe, port, contexts)
    case .icmp: attempt.ping()
    case .udp(let payload, let reply, let port):
      attempt.exchange(payload, port, isSilenceGood: reply == nil) { [target = attempt.target] bytes in
        guard let reply, !reply.isMatch(bytes.readableBytesView) else { return .good() }
        return .bad("another reply than asked for from \(target)")
      }
    case .dns(let name, let type, let port):
      let message = DNSMessage(identifier: .random(in: .min ... .max), name: name, type: type)
      attempt.exchange(message.question, port) { [target = attempt.target] in message.judge($0, from: target) }
    case .script(let command, let user):
      let script = Script(command: command, user: user, timeout: check.timeout)
      hand(over: attempt) { script.run() }
    case .file(let path, let pattern):
      let file = WatchedFile(path: path, pattern: pattern, limit: limits.reply)
      hand(over: attempt) { file.read() }
    }
    return attempt
  }

  private func hand(over attempt: Attempt, _ work: @escaping @Sendable () -> CheckResult) {
    attempt.awaits = "result"
    guard handedOver < limits.threads * (1 + Self.queuePerThread) else {
      return attempt.end(.bad("\(handedOver) scripts and files are waited for already (\(attempt.target))"))
    }
    let pool = threads ?? NIOThreadPool(numberOfThreads: limits.threads)
    if threads == nil {
      pool.start()
      threads = pool
    }
    handedOver += 1
    let deadline = ContinuousClock.now + attempt.check.timeout.duration
    // Past its time in the queue, it is not begun.
    pool.runIfActive(eventLoop: loop) { ContinuousClock.now < deadline ? work() : nil }.whenComplete { [self] result in
      handedOver -= 1
      if case .success(let found?) = result { attempt.end(found) }
    }
  }
}
