import Logging
import NIOCore

/// The connections of a server, and the memory that they hold together.
///
/// Only used on its event loop.
final class Connections {
  private let limits: APILimits
  private let logger: Logger
  private let loop: any EventLoop
  private var open: [ObjectIdentifier: Connection] = [:]
  private var held = 0
  /// Whether the line about too many connections has been logged; reset once there are fewer.
  private var isFull = false
  private var isStopping = false
  /// Completed when the last connection has closed.
  private var empty: EventLoopPromise<Void>?

  init(limits: APILimits, logger: Logger, on loop: any EventLoop) {
    self.limits = limits
    self.logger = logger
    self.loop = loop
  }

  /// False: the maximum number of connections is reached.
  func enter(_ connection: Connection) -> Bool {
    guard !isStopping, open.count < limits.connections else {
      if !isFull, !isStopping {
        logger.warning("\(open.count) clients are connected to the control socket: further ones are turned away")
      }
      isFull = true
      return false
    }
    open[ObjectIdentifier(connection)] = connection
    return true
  }

  func leave(_ connection: Connection) {
    guard open.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
    isFull = false
    endIfEmpty()
  }

  /// False: together they would exceed the limit.
  func hold(_ bytes: Int) -> Bool {
    guard held + bytes <= limits.held else { return false }
    held += bytes
    return true
  }

  func release(_ bytes: Int) { held -= bytes }

  /// Closes connections that wait for a request, others after their reply, and all that are left after `APILimits.farewell`.
  func stop() -> EventLoopFuture<Void> {
    let empty = loop.makePromise(of: Void.self)
    self.empty = empty
    isStopping = true
    for connection in open.values { connection.stop() }
    loop.assumeIsolated().scheduleTask(in: TimeAmount(limits.farewell)) {
      for connection in self.open.values { connection.close() }
      // Some may still wait for the director.
      self.open = [:]
      self.endIfEmpty()
    }
    endIfEmpty()
    return empty.futureResult
  }

  private func endIfEmpty() {
    guard open.isEmpty else { return }
    empty?.succeed()
    empty = nil
  }
}
