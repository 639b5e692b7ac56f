/// How many answers of one kind a worker may still give: what we originate must not make us an amplifier or a flood's second half
/// (RFC 1812 4.3.2.8, RFC 4443 2.4 (f)).
///
/// Time is an argument, in the whole seconds that a worker is given; finer refilling would ask for another clock on the path of every batch.
package struct TokenBucket: Equatable {
  /// Answers a second, of each kind and worker. As many as Linux sends of ICMP in all (net.ipv4.icmp_msgs_per_sec): enough for every client to
  /// learn its path's MTU within a second or two, at most 1 Mbit/s of errors.
  package static var perSecond: UInt32 {
    @inline(__always) @_noLocks get { 1000 }
  }
  /// Answers at once after a silence: one second's worth. More would only be noticed by an attacker.
  package static var burst: UInt32 {
    @inline(__always) @_noLocks get { 1000 }
  }

  private var tokens: UInt32
  /// The second it was last filled for.
  private var filled: UInt32

  /// Full.
  package init(now: UInt32 = 0) {
    tokens = Self.burst
    filled = now
  }

  /// Takes a token; false when there is none left.
  ///
  /// - Parameter now: seconds; the difference may wrap.
  @inline(__always) @_noLocks
  package mutating func take(now: UInt32) -> Bool {
    let silent = now &- filled
    if silent != 0 {
      // Two seconds fill it whatever is left; a clock that stepped back looks like a long silence and does no harm.
      let added = silent > Self.burst / Self.perSecond ? Self.burst : silent &* Self.perSecond
      tokens = tokens &+ added > Self.burst ? Self.burst : tokens &+ added
      filled = now
    }
    guard tokens != 0 else { return false }
    tokens &-= 1
    return true
  }
}
