/// Limits the answers of one kind from a worker, so that the director is no amplifier in a flood (RFC 1812 4.3.2.8, RFC 4443 2.4
/// (f)).
///
/// The time is an argument in whole seconds, as workers have it; a finer refill would need another clock read for each batch.
package struct TokenBucket: Equatable {
  /// Answers a second for each kind and worker. As many as Linux sends of ICMP in total (net.ipv4.icmp_msgs_per_sec): every
  /// client learns its path MTU within a second or two.
  package static var perSecond: UInt32 {
    @inline(__always) @_noLocks get { 1000 }
  }
  /// Size of the bucket: the answers of one second. Only an attacker would need more.
  package static var burst: UInt32 {
    @inline(__always) @_noLocks get { 1000 }
  }

  private var tokens: UInt32
  /// The second of the last refill.
  private var filled: UInt32

  /// A full bucket.
  package init(now: UInt32 = 0) {
    tokens = Self.burst
    filled = now
  }

  /// Takes a token; false when the bucket is empty.
  ///
  /// - Parameter now: seconds; the difference may wrap.
  @inline(__always) @_noLocks
  package mutating func take(now: UInt32) -> Bool {
    let silent = now &- filled
    if silent != 0 {
      // Two seconds fill it completely. A clock that stepped back looks like a long silence, which is harmless.
      let added = silent > Self.burst / Self.perSecond ? Self.burst : silent &* Self.perSecond
      tokens = tokens &+ added > Self.burst ? Self.burst : tokens &+ added
      filled = now
    }
    guard tokens != 0 else { return false }
    tokens &-= 1
    return true
  }
}
