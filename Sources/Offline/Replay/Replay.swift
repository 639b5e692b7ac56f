import ABI
import Configuration
import Forwarding
import Model
import Reconciler

/// A director that lives through a capture: frames in, verdicts and frames out, time as the capture has it.
///
/// Steering's part is the question of the MAC address; whose packet it is otherwise, the forwarder answers in the same order as
/// steering.
package struct Replay: ~Copyable {
  private var director: OfflineDirector
  private var worker: OfflineForwarder
  private var clock = Clock()

  /// - Parameter configuration: with a stand-in for every interface.
  package init(_ configuration: Configuration) throws(TableCapacityError) {
    director = try OfflineDirector(configuration)
    worker = OfflineForwarder(
      flowBuckets: configuration.director.flows / 4,
      serverCapacity: OfflineDirector.mostServers
    )
  }

  package var faults: [IPAddress: StaticTopologyFault] { director.faults }
  package var generation: UInt64 { director.generation }

  /// Flows go on; servers that are gone lose theirs by their service's rule.
  package mutating func apply(_ configuration: Configuration) throws(TableCapacityError) { try director.apply(configuration) }

  /// What becomes of packets at the moment of this one, in the order of sending: of held ones whose time is over, of itself, and of held ones
  /// that it is the first fragment for. A held packet comes twice, the second time with its number alone to know it by.
  package mutating func play(_ packet: CapturedPacket) -> [(packet: Int, played: Played)] {
    let now = clock.now(at: packet.time)
    let due = released(now: now)
    guard let interface = director.ingress(to: packet.bytes.prefix(6)) else { return due + [(packet.number, .passedUnseen)] }
    let passage = worker.process(packet.bytes, interface: interface, director.inForce, now: now, ticket: packet.number)
    let own = played(passage)
    return due + [(packet.number, own)] + released(now: now)
  }

  /// After the last packet, time goes on until nothing is held.
  package mutating func finish() -> [(packet: Int, played: Played)] { released(now: clock.now(after: OfflineForwarder.patience)) }

  private mutating func released(now: UInt32) -> [(packet: Int, played: Played)] {
    worker.release(director.inForce, now: now).map { ($0.ticket, played($0.passage)) }
  }

  private func played(_ passage: Passage) -> Played {
    let tables = director.inForce
    let verdict = passage.verdict
    let server = verdict.server == Verdict.noServer ? nil : IPAddress(tables.servers[Int(verdict.server)].address)
    return Played(
      verdict: verdict.action.name,
      reason: verdict.outcome.name,
      meaning: verdict.action == .pass ? Played.passedMeaning : verdict.outcome.meaning,
      service: passage.trace.service.flatMap { ServiceKey(tables.services[Int($0)]) },
      server: server,
      interface: passage.sent.isEmpty ? nil : director.interfaces[Int(verdict.egress)],
      sent: passage.sent
    )
  }
}

extension Replay {
  /// The capture's time in the whole seconds that flows are kept by.
  private struct Clock {
    /// The first packet's second: far enough from 0 that whatever was never seen is long ago.
    private static let start: UInt32 = 1_000_000
    private var first: UInt32?
    private var latest = Clock.start

    /// Never goes back: captures of several queues are not always in order, and to a flow a step back would be a century of
    /// silence. Nor does it wrap: a century in a capture is a broken clock, and ages everything.
    mutating func now(at time: CaptureTime) -> UInt32 {
      let first = first ?? time.seconds
      self.first = first
      if time.seconds >= first {
        let (seconds, overflow) = Clock.start.addingReportingOverflow(time.seconds - first)
        latest = max(latest, overflow ? .max : seconds)
      }
      return latest
    }

    mutating func now(after seconds: UInt32) -> UInt32 {
      latest &+= seconds
      return latest
    }
  }
}

/// What became of one packet of a capture.
package struct Played: Equatable, Sendable {
  /// forward, answer, pass, hold, drop; stable.
  package var verdict: String
  /// The counter that counted it; stable.
  package var reason: String
  /// What that counter means.
  package var meaning: String
  package var service: ServiceKey?
  package var server: IPAddress?
  /// Where it was sent out; nil when it wasn't.
  package var interface: String?
  /// The frames it became.
  package var sent: [[UInt8]]

  // The outcome's own sentence is about a frame that steering has taken already.
  fileprivate static let passedMeaning = "not for a service: left to the kernel; nonzero is normal"

  /// Steering leaves it to the kernel.
  static let passedUnseen = Played(
    verdict: "pass",
    reason: "another-mac",
    meaning: "to a MAC address that is no interface's of ours: left to the kernel; nonzero is normal",
    service: nil,
    server: nil,
    interface: nil,
    sent: []
  )
}
