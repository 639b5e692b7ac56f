import Testing

@testable import Forwarding

extension Outcome {
  /// The verdict's action that belongs to this outcome.
  var action: Verdict.Action {
    switch self {
    case .forwarded: .forward
    case .notForService: .pass
    default: name.hasPrefix("answered-") ? .answer : .drop
    }
  }
}

/// A case of a table: a sentence, a frame, the expected outcome.
struct Case: CustomTestStringConvertible, Sendable {
  let sentence: String
  let outcome: Outcome
  let frame: @Sendable () -> [UInt8]

  var testDescription: String { sentence }

  /// A TCP packet to the web service, changed.
  static func tcp(
    _ sentence: String,
    _ outcome: Outcome,
    _ change: @escaping @Sendable (inout ClientPacket) -> Void = { _ in }
  ) -> Case {
    Case(sentence: sentence, outcome: outcome) { ClientPacket(change).bytes }
  }

  /// A datagram to the DNS service, changed.
  static func udp(
    _ sentence: String,
    _ outcome: Outcome,
    _ change: @escaping @Sendable (inout ClientPacket) -> Void = { _ in }
  ) -> Case {
    Case(sentence: sentence, outcome: outcome) { ClientPacket.udp(change).bytes }
  }

  /// Expects that only this outcome is counted, once, and that a dropped or passed frame is unchanged.
  func check(_ director: TestDirector = TestDirector(), sourceLocation: SourceLocation = #_sourceLocation) {
    let frame = frame()
    let guarded = GuardedFrame(frame, headroom: 64, end: .right)
    var verdict = Verdict.drop(.droppedTransmitFull, server: 0)
    var frames = [guarded.frame]
    director.forwarder.process(&frames, count: 1, director.tables.half, now: 1000, into: &verdict)
    director.forwarder.count(&verdict, 1)
    #expect(verdict.outcome == outcome, sourceLocation: sourceLocation)
    #expect(verdict.action == outcome.action, sourceLocation: sourceLocation)
    for other in Outcome.allCases {
      #expect(director.count(other) == (other == outcome ? 1 : 0), "\(other)", sourceLocation: sourceLocation)
    }
    if !outcome.action.sends { #expect(guarded.bytes == frame, "untouched", sourceLocation: sourceLocation) }
  }
}
