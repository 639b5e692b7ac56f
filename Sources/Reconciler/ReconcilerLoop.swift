import Forwarding
import Glibc
import Model

/// What the reconciler's thread does: take edits, observe, and make one generation of whatever has become of it.
///
/// Nothing reacts to an event by itself. Edits change what is desired, observations what is observed; both name the services they
/// touch, and when a generation is due those are compiled and published, however many events it took.
struct ReconcilerLoop {
  let surroundings: Surroundings
  let front: Reconciler
  let events: EventLog

  // Desired.
  var desired = ServiceTable()
  var demand = TableDemand()
  // Observed.
  var resolutions: [IPAddress: Resolution] = [:]
  /// The services that each real server belongs to.
  var servicesOf: [IPAddress: ServerUsers] = [:]
  var problems: [String] = []
  // In force.
  var tables: TableWriter
  var isPublished = false
  var baselines = CounterBaselines()

  /// Services whose tables are behind.
  var changed: Set<ServiceKey> = []
  /// Edits that the next generation contains.
  var waiting: [(edit: Edit, changes: [ConfigurationChange])] = []
  /// Servers that an edit has brought and whose neighbours have not answered; until when they are waited for.
  var awaited: Set<IPAddress> = []
  var awaitedUntil: ContinuousClock.Instant?
  /// Addresses may be followed that nobody needs any more.
  var hasLeftOvers = false
  var pace = Pace()

  init(_ surroundings: Surroundings, _ front: Reconciler, _ events: EventLog) {
    self.surroundings = surroundings
    self.front = front
    self.events = events
    tables = TableWriter(surroundings.memory, hashKey: surroundings.hashKey, timeouts: surroundings.timeouts)
    // What a former daemon had and nobody wants any more goes with the first generation.
    changed = tables.services
  }

  /// Until told to stop.
  mutating func run() {
    var nextTick = ContinuousClock.now
    while true {
      guard let edits = front.mailbox.take() else { return finish() }
      for edit in edits { take(edit) }
      if wait(until: min(nextTick, deadline ?? nextTick)) || ContinuousClock.now >= nextTick {
        nextTick = observe() ? .now : .now + Pace.tick
      }
      if isDue(at: .now) { reconcile() }
    }
  }

  private var deadline: ContinuousClock.Instant? { pace.due }

  private func isDue(at now: ContinuousClock.Instant) -> Bool { pace.due.map { now >= $0 } ?? false }

  /// Whether the surroundings have something to observe.
  private func wait(until due: ContinuousClock.Instant) -> Bool {
    let parts = max(ContinuousClock.now.duration(to: due), .zero).components
    // Rounded up, or the last fraction of a millisecond would be spun away.
    let milliseconds = min(parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000, 60_000)
    var descriptors = [
      pollfd(fd: front.mailbox.readEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: surroundings.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    poll(&descriptors, surroundings.descriptor < 0 ? 1 : 2, Int32(milliseconds))
    return descriptors[1].revents != 0
  }

  /// Edits that were accepted are carried out before the end.
  private mutating func finish() {
    if !waiting.isEmpty { reconcile() }
  }
}
