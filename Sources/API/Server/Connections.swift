import Logging
import NIOCore

/// The connections of a server, and what they hold together.
///
/// For its loop only.
final class Connections {
  private let limits: APILimits
  private let logger: Logger
  private let loop: any EventLoop
  private var open: [ObjectIdentifier: Connection] = [:]
  private var held = 0
  /// Whether the line about too many connections has been logged; again once there are fewer.
  private var isFull = false
  private var isStopping = false
  /// Kept when the last one has left.
  private var empty: EventLoopPromise<Void>?

  init(limits: APILimits, logger: Logger, on loop: any EventLoop) {
    self.limits = limits
    self.logger = logger
    self.loop = loop
  }

  /// False: there are as many as may be.
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

  /// False: together they would hold more than they may.
  func hold(_ bytes: Int) -> Bool {
    guard held + bytes <= limits.held else { return false }
    held += bytes
    return true
  }

  func release(_ bytes: Int) { held -= bytes }

  /// Closes those that wait for a request, the others once they have their reply, and whatever is left after a while.
  func stop() -> EventLoopFuture<Void> {
    let empty = loop.makePromise(of: Void.self)
    self.empty = empty
    isStopping = true
    for connection in open.values { connection.stop() }
    loop.assumeIsolated().scheduleTask(in: TimeAmount(limits.farewell)) {
      for connection in self.open.values { connection.close() }
      // Some may wait for the director still.
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
