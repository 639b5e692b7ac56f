import ABI
import Configuration
import Forwarding
import Model
import Reconciler

/// A director that processes a capture: frames in, verdicts and frames out, with the capture's clock.
///
/// It does one part of steering, the check of the destination MAC address. For the rest the forwarder asks the same questions in
/// the same order as steering.
package struct Replay: ~Copyable {
  private var director: OfflineDirector
  private var worker: OfflineForwarder
  private var clock = Clock()

  /// - Parameter configuration: its `replay` section has every interface.
  package init(_ configuration: Configuration) throws(TableCapacityError) {
    director = try OfflineDirector(configuration)
    worker = OfflineForwarder(
      flowBuckets: configuration.director.flows / 4,
      serverCapacity: OfflineDirector.mostServers
    )
  }

  package var faults: [IPAddress: StaticTopologyFault] { director.faults }
  package var generation: UInt64 { director.generation }

  /// Flows stay, except those of removed servers: `on-server-loss` decides on them.
  package mutating func apply(_ configuration: Configuration) throws(TableCapacityError) { try director.apply(configuration) }

  /// The results at the time of this packet, in sending order: first held fragments that have expired, then the packet itself,
  /// then held fragments that waited for it. A held packet has two results: `hold`, and later its final one under the same
  /// number.
  package mutating func play(_ packet: CapturedPacket) -> [(packet: Int, played: Played)] {
    let now = clock.now(at: packet.time)
    let due = released(now: now)
    guard let interface = director.ingress(to: packet.bytes.prefix(6)) else { return due + [(packet.number, .passedUnseen)] }
    let passage = worker.process(packet.bytes, interface: interface, director.inForce, now: now, ticket: packet.number)
    let own = played(passage)
    return due + [(packet.number, own)] + released(now: now)
  }

  /// After the last packet: advances the clock until nothing is held.
  package mutating func finish() -> [(packet: Int, played: Played)] {
    released(now: clock.now(after: OfflineForwarder.holdTimeout))
  }

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
  /// The capture's time in whole seconds, as flow entries use them.
  private struct Clock {
    /// The time of the first packet: far enough from 0 that an unused entry counts as expired.
    private static let start: UInt32 = 1_000_000
    private var first: UInt32?
    private var latest = Clock.start

    /// Never goes back: captures from several queues are not always in order, and unsigned subtraction would turn a step back
    /// into a century. It doesn't wrap either: after such a jump forward all flows have expired.
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

/// The result for one packet of a capture.
package struct Played: Equatable, Sendable {
  /// forward, answer, pass, hold or drop; never renamed.
  package var verdict: String
  /// The counter that counted the packet; never renamed.
  package var reason: String
  /// The meaning of that counter.
  package var meaning: String
  package var service: ServiceKey?
  package var server: IPAddress?
  /// The egress interface; nil when nothing was sent.
  package var interface: String?
  /// The frames that were sent for it.
  package var sent: [[UInt8]]

  // The text of the outcome is about a frame that steering has already handed to a worker.
  fileprivate static let passedMeaning = "not for a service, left to the kernel; nonzero is normal"

  /// A frame with another destination MAC address: steering leaves it to the kernel.
  static let passedUnseen = Played(
    verdict: "pass",
    reason: "another-mac",
    meaning: "to another MAC address than the interfaces', left to the kernel; nonzero is normal",
    service: nil,
    server: nil,
    interface: nil,
    sent: []
  )
}
