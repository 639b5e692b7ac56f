import Glibc
import Model
import NIOCore

/// One running check. Whatever happens it has one result, no later than its timeout, and then its channel is closed.
// Unchecked: used on its event loop only, which every entry asserts.
final class Attempt: @unchecked Sendable {
  let loop: any EventLoop
  let check: Check
  let address: IPAddress
  let budget: ReplyBudget
  /// What it waits for, as in "no connection within 1s".
  var awaits = "connection"
  /// Bytes of the reply that it holds.
  private(set) var held = 0
  private var done: ((CheckResult) -> Void)?
  private var channel: (any Channel)?
  private var deadline: Scheduled<Void>?

  init(
    _ check: Check,
    _ address: IPAddress,
    _ budget: ReplyBudget,
    on loop: any EventLoop,
    done: @escaping (CheckResult) -> Void
  ) {
    loop.assertInEventLoop()
    (self.loop, self.check, self.address, self.budget, self.done) = (loop, check, address, budget, done)
    // A script is killed at its timeout and says so; its end comes a little later.
    let grace = check.isScript ? 200 : 0
    deadline = loop.scheduleTask(in: .milliseconds(Int64(check.timeout.milliseconds + grace))) { [self] in
      end(.bad("no \(awaits) within \(check.timeout) from \(target)"))
    }
  }

  /// Such as `10.0.0.3:80/healthz`.
  var target: String {
    switch check.probe {
    case .tcp(let port), .smtp(let port), .udp(_, _, let port), .dns(_, _, let port): "\(Endpoint(address: address, port: port))"
    case .http(let probe, let port): "\(Endpoint(address: address, port: port))\(probe.path)"
    case .grpc(let probe, let port):
      "\(Endpoint(address: address, port: port))\(probe.service.isEmpty ? "" : "/\(probe.service)")"
    case .icmp: "\(address)"
    case .script(let command, _): "\(command[0])"
    case .file(let path, _): path
    }
  }

  var isOver: Bool { done == nil }

  /// Takes the channel over; it may still be connecting.
  func own(_ channel: any Channel) {
    loop.assertInEventLoop()
    if isOver { channel.close(mode: .all, promise: nil) } else { self.channel = channel }
  }

  func end(_ result: CheckResult) {
    loop.assertInEventLoop()
    guard let done else { return }
    self.done = nil
    deadline?.cancel()
    budget.release(held)
    held = 0
    done(result)
    channel?.close(mode: .all, promise: nil)
    channel = nil
  }

  func end(error: any Error) { end(.bad("\(Self.describe(error)) (\(target))")) }

  /// Room for more bytes of the reply. False: the limit of this reply, or that of all, is reached.
  func hold(_ bytes: Int) -> Bool {
    guard budget.hold(bytes, after: held) else { return false }
    held += bytes
    return true
  }

  private static func describe(_ error: any Error) -> String {
    if let error = error as? IOError { return String(cString: strerror(error.errnoCode)).lowercasedFirst }
    if let error = error as? ChannelError, case .eof = error { return "the connection was closed" }
    // `… routines:OPENSSL_internal:WRONG_VERSION_NUMBER at /file/of/the/library`: neither numbers nor files are for operators.
    if let reason = "\(error)".firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/)?.1 {
      return "TLS failed: \(reason.lowercased().replacing("_", with: " "))"
    }
    // A library's text may quote what the server sent.
    return String("\(error)".prefix(200).map { $0.isNewline ? " " : $0 })
  }
}

extension String {
  var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

extension Check {
  fileprivate var isScript: Bool { if case .script = probe { true } else { false } }
}

/// Bytes of replies that all checks may hold.
// Unchecked: used on the event loop of the checks only.
final class ReplyBudget: @unchecked Sendable {
  private let limits: CheckLimits
  private var held = 0
  private(set) var cut: UInt64 = 0

  init(_ limits: CheckLimits) { self.limits = limits }

  func hold(_ bytes: Int, after former: Int) -> Bool {
    guard former + bytes <= limits.reply, held + bytes <= limits.held else {
      cut += 1
      return false
    }
    held += bytes
    return true
  }

  func release(_ bytes: Int) { held -= bytes }

  var replyLimit: Int { limits.reply }
}
