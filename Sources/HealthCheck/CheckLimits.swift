/// What checks may use, whatever the servers answer.
package struct CheckLimits: Sendable {
  /// Checks that run at the same time, and so descriptors. A check that finds no room waits; `CheckCounts.waiting` counts it.
  package var running = 4096
  /// Bytes of one reply that are read, head and body. A text that comes later is not found.
  package var reply = 64 << 10
  /// Bytes of all replies that are held at the same time.
  package var held = 32 << 20
  /// Scripts and files that are waited for at the same time, a thread each.
  package var threads = 16

  package init() {}

  /// A greeting (RFC 5321, section 4.5.3.1.5 allows 512 a line).
  static let greeting = 4 << 10
}

/// What checks have done and met.
package struct CheckCounts: Equatable, Sendable {
  package var begun: UInt64 = 0
  package var bad: UInt64 = 0
  /// Rounds in which a check that was due found no room.
  package var waiting: UInt64 = 0
  /// Replies of which not everything was read.
  package var cut: UInt64 = 0
  /// Checks that ended nothing for three intervals, now.
  package var late: Int = 0

  package init() {}
}
