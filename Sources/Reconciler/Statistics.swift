import Forwarding
import Model

/// Every counter of the daemon with its meaning: what `sluice stats` shows and `GET /v1/stats` answers.
package struct Statistics: Codable, Equatable, Sendable {
  package struct Counter: Codable, Equatable, Sendable {
    package var name: String
    /// One sentence: what it counts and whether nonzero is normal.
    package var meaning: String
    package var total: UInt64
    /// By worker; empty for counters that are not kept per worker.
    package var workers: [UInt64]
  }

  /// Steering program: frames before they reach a worker.
  package var steering: [Counter]
  /// Kernel, at the workers' rings: frames lost between steering and a worker, or between a worker and the wire.
  package var rings: [Counter]
  /// Workers: every received frame ends in one of these outcomes or is being held.
  package var workers: [Counter]
  /// Flow tables: what they hold and what became of their entries; and what else workers did to packets. A packet counted here is counted among
  /// the outcomes too.
  package var flows: [Counter]
  /// Health checks; empty without any.
  package var checks: [Counter] = []
  /// Hooks; empty without any.
  package var hooks: [Counter] = []
}

extension RingDrops {
  fileprivate static var counters: [(name: String, meaning: String, value: KeyPath<RingDrops, UInt64>)] {
    [
      ("ring-receive-full", "dropped by the kernel, receive ring full; nonzero means overload", \.receiveFull),
      (
        "ring-no-frame", "dropped by the kernel, no free buffer or buffer too small; nonzero means overload or too large an MTU",
        \.noFrame
      ),
      ("ring-fill-empty", "dropped by the kernel or NIC, fill ring empty; nonzero means overload", \.fillEmpty),
      ("ring-fill-invalid", "receive buffer refused by the kernel; always zero, else a bug", \.fillInvalid),
      ("ring-transmit-invalid", "frame refused by the kernel on transmit, dropped; always zero, else a bug", \.transmitInvalid),
      (
        "ring-stalled",
        "times a ring stood still for a tenth of a second with frames in it; nonzero means a paused link or a driver's bug",
        \.stalled
      ),
    ]
  }
}

extension Counters {
  fileprivate static var ofFlows: [(name: String, meaning: String, value: KeyPath<Counters, UnsafeMutablePointer<UInt64>>)] {
    [
      ("flows", "entries in the flow table at this moment: goes up and down", \.flows),
      ("flow-expired", "entries removed after their timeout; nonzero is normal", \.expired),
      (
        "flow-evicted",
        "entries of a single packet that yielded to a newer flow; normal before name servers, else a flood of first packets",
        \.evicted
      ),
      (
        "flow-pressed",
        "idle entries without data, or of UDP, that yielded to a newer flow; nonzero means a full table: a flood, or raise director.flows",
        \.pressed
      ),
      (
        "flow-displaced", "entries moved to make room for a new flow; nonzero means a table that is more than half full",
        \.displaced
      ),
      (
        "checksum-completed",
        "TCP and UDP checksums that the sender had left to a NIC, completed; nonzero is normal with clients in containers",
        \.completed
      ),
      ("flow-table-full", "new flows that go by the hash alone; nonzero means too small a flow table", \.flowTableFull),
    ]
  }
}

extension Statistics {
  init(
    workers: [Counters],
    rings: [RingDrops] = [],
    steering: SteeringCounts?,
    checks: CheckStatistics? = nil,
    hooks: HookStatistics = HookStatistics()
  ) {
    func counter(_ name: String, _ meaning: String, _ read: (Counters) -> UInt64) -> Counter {
      let values = workers.map(read)
      return Counter(name: name, meaning: meaning, total: values.reduce(0, &+), workers: values)
    }
    self.steering =
      steering.map {
        [
          Counter(name: "steer-passed", meaning: "not for a service, left to the kernel; nonzero is normal", $0.passed),
          Counter(name: "steer-taken", meaning: "for a service, handed to a worker; nonzero is normal", $0.taken),
          Counter(
            name: "steer-no-socket",
            meaning: "for a service, but no worker on its queue, dropped; nonzero after a crash of the daemon",
            $0.noSocket
          ),
        ]
      } ?? []
    self.rings =
      rings.isEmpty
      ? []
      : RingDrops.counters.map { name, meaning, value in
        let values = rings.map { $0[keyPath: value] }
        return Counter(name: name, meaning: meaning, total: values.reduce(0, &+), workers: values)
      }
    let received = counter("received", "frames received from the interfaces; nonzero is normal") { $0.received.pointee }
    let outcomes = Outcome.allCases.map { outcome in
      counter(outcome.name, outcome.meaning) { $0.outcomes[Int(outcome.rawValue)] }
    }
    let held = counter("held", "later fragments that wait for their first one now; goes up and down, a few are normal") {
      $0.held.pointee
    }
    self.workers = [received] + outcomes + [held]
    self.flows = Counters.ofFlows.map { name, meaning, value in counter(name, meaning) { $0[keyPath: value].pointee } }
    self.checks = checks?.counters.map { Counter(name: $0.name, meaning: $0.meaning, $0.value) } ?? []
    self.hooks = hooks.counters.map { Counter(name: $0.name, meaning: $0.meaning, $0.value) }
  }
}

extension Statistics.Counter {
  fileprivate init(name: String, meaning: String, _ total: UInt64) {
    self.init(name: name, meaning: meaning, total: total, workers: [])
  }
}
