import ABI
import Packet

/// The fields packed into a flow entry's two words.
extension sluice_flow {
  /// - Parameters:
  ///   - server: index into the servers table.
  ///   - seen: seconds of the worker's clock.
  @inline(__always) @_noLocks
  package init(tag: UInt64, server: UInt32, incarnation: UInt16, state: UInt16, confirmed: Bool = false, seen: UInt32) {
    self.init(
      tag: tag,
      incarnation_server: UInt32(incarnation) &<< 20 | server,
      seen_state: seen &<< 4 | (confirmed ? 8 : 0) | UInt32(state)
    )
  }

  /// Index into the servers table.
  package var server: UInt32 {
    @inline(__always) @_noLocks get { incarnation_server & 0xf_ffff }
  }

  package var incarnation: UInt16 {
    @inline(__always) @_noLocks get { UInt16(truncatingIfNeeded: incarnation_server &>> 20) }
  }

  /// SLUICE_STATE_*.
  package var state: UInt16 {
    @inline(__always) @_noLocks get { UInt16(truncatingIfNeeded: seen_state & 7) }
  }

  /// Whether a second packet has continued the conversation; see `FlowTable+Places.swift`.
  package var isConfirmed: Bool {
    @inline(__always) @_noLocks get { seen_state & 8 != 0 }
  }

  /// Time of the flow's last packet, in seconds.
  package var seen: UInt32 {
    @inline(__always) @_noLocks get { seen_state &>> 4 }
  }

  /// Seconds since the last packet. The 28-bit clock wraps after eight years; ageing passes each entry a million times in that time.
  @inline(__always) @_noLocks
  package func age(now: UInt32) -> UInt32 { (now &- seen) & 0x0fff_ffff }

  /// The entry as seen at `now`, if it was stamped later: another worker's clock may be a second ahead, and such an entry would look eight
  /// years old.
  @inline(__always) @_noLocks
  func notAhead(of now: UInt32) -> sluice_flow {
    guard age(now: now) >= 0x0800_0000 else { return self }
    var entry = self
    entry.seen_state = now &<< 4 | seen_state & 15
    return entry
  }

  /// Whether no packet has arrived for longer than the timeout of the flow's state.
  @inline(__always) @_noLocks
  package func isExpired(now: UInt32, _ half: UnsafeMutablePointer<sluice_half>) -> Bool {
    // One load indexed by the state. A switch would be an indirect jump, mispredicted because states come in no order.
    let limit = UnsafeMutableRawPointer(half).raw32(SLUICE_HALF_TIMEOUTS &+ Int(state) &* 4)
    return age(now: now) > limit
  }
}
