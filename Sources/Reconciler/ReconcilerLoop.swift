import Forwarding
import Glibc
import Model

/// The reconciler's loop: take edits, observe, and publish one generation with all changes.
///
/// No single event triggers an action. Edits change the desired state, observations change the observed state, and both mark the services
/// that they touch. When a generation is due, the marked services are compiled and published together, however many events there were.
struct ReconcilerLoop {
  let surroundings: Surroundings
  let front: Reconciler
  let events: EventLog

  // Desired.
  var desired = ServiceTable()
  var demand = TableDemand()
  // Observed.
  var resolutions: [IPAddress: Resolution] = [:]
  /// Servers without a next hop, and when each is given up.
  var unreachable: [IPAddress: ContinuousClock.Instant] = [:]
  /// The services that each real server belongs to.
  var servicesOf: [IPAddress: ServerUsers] = [:]
  var problems: [String] = []
  var health = HealthTable()
  var drains = Drains()
  /// To be told with the next generation.
  var stateChanges: [StateChange] = []
  // In force.
  var tables: TableWriter
  var isPublished = false
  var baselines = CounterBaselines()

  /// Services with outdated tables.
  var changed: Set<ServiceKey> = []
  /// Edits that the next generation contains.
  var waiting: [(edit: Edit, changes: [ConfigurationChange])] = []
  /// Servers added by an edit that have not resolved yet, and how long the generation waits for them.
  var awaited: Set<IPAddress> = []
  var awaitedUntil: ContinuousClock.Instant?
  /// Paths may be followed that no server needs any more.
  var hasLeftOvers = false
  var pace = Pace()
  var nearLimits = NearLimits()
  var nextLimitLook = ContinuousClock.now
  /// When the rates were last measured.
  private var measured = ContinuousClock.now

  init(_ surroundings: Surroundings, _ front: Reconciler, _ events: EventLog) {
    self.surroundings = surroundings
    self.front = front
    self.events = events
    tables = TableWriter(surroundings.memory, hashKey: surroundings.hashKey, timeouts: surroundings.timeouts)
    // Services of a previous daemon that are not configured any more are removed by the first generation.
    changed = tables.services
  }

  /// Runs until a stop is requested.
  mutating func run() {
    var nextTick = ContinuousClock.now
    while true {
      guard let edits = front.mailbox.take() else { return finish() }
      for edit in edits { take(edit) }
      let verdicts = front.mailbox.takeVerdicts()
      if !verdicts.isEmpty { take(verdicts) }
      if wait(until: min(nextTick, deadline ?? nextTick)) || ContinuousClock.now >= nextTick {
        nextTick = observe() ? .now : .now + Pace.tick
        measure()
      }
      if isDue(at: .now) { reconcile() }
    }
  }

  /// Every two seconds, or later: then the rates are those of a longer time.
  private mutating func measure() {
    guard isPublished, measured.duration(to: .now) >= RateTable.interval else { return }
    let seconds = measured.duration(to: .now) / .seconds(1)
    measured = .now
    let (counters, limit) = (surroundings.counters(), tables.layout.serverIndices.limit)
    front.rates.withLock { $0.measure(counters, servers: limit, over: seconds) }
  }

  private var deadline: ContinuousClock.Instant? { pace.due }

  private func isDue(at now: ContinuousClock.Instant) -> Bool { pace.due.map { now >= $0 } ?? false }

  /// - Returns: whether the surroundings have something to observe.
  private func wait(until due: ContinuousClock.Instant) -> Bool {
    let parts = max(ContinuousClock.now.duration(to: due), .zero).components
    // Rounded up; poll would otherwise return early and the loop would spin for the last fraction of a millisecond.
    let milliseconds = min(parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000, 60_000)
    var descriptors = [
      pollfd(fd: front.mailbox.readEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: surroundings.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    poll(&descriptors, surroundings.descriptor < 0 ? 1 : 2, Int32(milliseconds))
    return descriptors[1].revents != 0
  }

  /// Publishes accepted edits before the thread ends.
  private mutating func finish() {
    if !waiting.isEmpty { reconcile() }
  }
}
