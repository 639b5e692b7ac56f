import Glibc
import Model
import NIOCore

/// TCP connections for their own sake: plain sockets, looked at together every few milliseconds.
///
/// Not SwiftNIO's channels: a channel with its pipeline, timer and handler takes twice the time of the system calls, and this is the check
/// that operators run by the ten thousand. What a connection is used for is SwiftNIO's.
// Unchecked: used on the event loop of the checks only.
final class Connects: @unchecked Sendable {
  private struct Pending {
    let check: Check
    let address: IPAddress
    let port: UInt16
    /// Nanoseconds of the loop's clock.
    let deadline: UInt64
    let done: (CheckResult) -> Void
  }

  private let loop: any EventLoop
  private var sockets: [pollfd] = []
  /// At the same places.
  private var pending: [Pending] = []
  private var look: Scheduled<Void>?

  /// Connections that stand are noticed this late at most, and all of them cost one call.
  private static let pause: TimeAmount = .milliseconds(5)

  init(on loop: any EventLoop) { self.loop = loop }

  /// - Parameter done: called once, perhaps before this returns.
  func begin(_ check: Check, _ address: IPAddress, port: UInt16, done: @escaping (CheckResult) -> Void) {
    loop.assertInEventLoop()
    let descriptor = socket(address.isIPv4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue) | Self.flags, 0)
    guard descriptor >= 0 else { return done(.bad("no socket for the check: \(Self.text(errno))")) }
    // A reset at the end instead of TIME_WAIT: thousands of checks a second would fill the tables of both hosts.
    var reset = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
    let target = Endpoint(address: address, port: port)
    if let source = check.source, Self.call(bind, descriptor, source, 0) != 0 {
      let error = errno
      close(descriptor)
      return done(.bad("\(source) can't be the source: \(Self.text(error)) (\(target))"))
    }
    let result = Self.call(connect, descriptor, address, port)
    guard result == 0 || errno == EINPROGRESS else {
      let error = errno
      close(descriptor)
      return done(.bad("\(Self.text(error)) (\(target))"))
    }
    let deadline = NIODeadline.now().uptimeNanoseconds + UInt64(check.timeout.milliseconds) * 1_000_000
    sockets.append(pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0))
    pending.append(Pending(check: check, address: address, port: port, deadline: deadline, done: done))
    plan()
  }

  func stop() {
    look?.cancel()
    for socket in sockets { close(socket.fd) }
    (sockets, pending) = ([], [])
  }

  private func plan() {
    guard look == nil, !sockets.isEmpty else { return }
    look = loop.scheduleTask(in: Self.pause) { [self] in
      look = nil
      collect()
      plan()
    }
  }

  private func collect() {
    guard poll(&sockets, nfds_t(sockets.count), 0) >= 0 else { return }
    let now = NIODeadline.now().uptimeNanoseconds
    var ended: [(Pending, CheckResult)] = []
    // Backwards: the last one takes the place of one that has ended.
    for place in sockets.indices.reversed() {
      let (socket, attempt) = (sockets[place], pending[place])
      guard socket.revents != 0 || now >= attempt.deadline else { continue }
      ended.append((attempt, Self.result(socket, attempt)))
      close(socket.fd)
      sockets.swapAt(place, sockets.count - 1)
      pending.swapAt(place, pending.count - 1)
      sockets.removeLast()
      pending.removeLast()
    }
    // Last: what follows may begin new ones.
    for (attempt, result) in ended { attempt.done(result) }
  }

  private static func result(_ socket: pollfd, _ attempt: Pending) -> CheckResult {
    let target = Endpoint(address: attempt.address, port: attempt.port)
    guard socket.revents != 0 else { return .bad("no connection within \(attempt.check.timeout) from \(target)") }
    var (error, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    guard getsockopt(socket.fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0, error == 0 else {
      return .bad("\(text(error)) (\(target))")
    }
    return .good()
  }

  private static let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

  private static func text(_ error: Int32) -> String { String(cString: strerror(error)).lowercasedFirst }

  /// `bind` or `connect` with an address.
  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32,
    _ descriptor: Int32,
    _ address: IPAddress,
    _ port: UInt16
  ) -> Int32 {
    if address.isIPv4 {
      var v4 = sockaddr_in()
      v4.sin_family = sa_family_t(AF_INET)
      v4.sin_port = port.bigEndian
      v4.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.words.low).bigEndian
      return withUnsafePointer(to: &v4) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    var v6 = sockaddr_in6()
    v6.sin6_family = sa_family_t(AF_INET6)
    v6.sin6_port = port.bigEndian
    withUnsafeMutableBytes(of: &v6.sin6_addr) { bytes in
      withUnsafeBytes(of: address.tuple) { bytes.copyMemory(from: $0) }
    }
    return withUnsafePointer(to: &v6) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }
}
