import Model

/// When each check runs, and what its results say. Pure: time is an argument (milliseconds of a monotonic clock), and so is the seed of the
/// random choices; whoever runs the checks calls `begin` and `end`.
///
/// A check begins at most once at a time. Its next one is due an interval after this one was due, so that long checks don't slow it down, but
/// never before this one has ended: what was missed is not made up for.
package struct CheckSchedule {
  /// A check that should run now.
  package struct Run: Sendable {
    package let server: ServerName
    package let check: Check
    let slot: Int32
    let incarnation: UInt32
  }

  private struct Entry {
    var server: ServerName
    var check: Check
    var state = CheckState()
    var due: Int
    var isRunning = false
    /// When it last ended; at first when it is due.
    var watchedFrom: Int
    var isLate = false
  }

  private var entries: [Entry?] = []
  private var incarnations: [UInt32] = []
  private var free: [Int32] = []
  private var slots: [ServerName: Int32] = [:]
  private var heap = DueHeap()
  private var random: UInt64
  package private(set) var running = 0

  package init(seed: UInt64) { random = seed }

  package var count: Int { slots.count }
  var heapCount: Int { heap.count }

  /// When `begin` has something to do next, unless checks are running.
  package var nextDue: Int? { heap.first?.due }

  /// Adds a check, or changes it: what was found so far stays, unless the probe is another one.
  package mutating func set(_ server: ServerName, _ check: Check, at now: Int) {
    if let slot = slots[server], let former = entries[Int(slot)] {
      guard former.check != check else { return }
      let hadResult = former.check.probe == check.probe && former.check.source == check.source
      var entry = Entry(server: server, check: check, due: now, watchedFrom: now)
      entry.state = former.state
      if !hadResult { entry.state.begin() }
      // A check that runs now is one of the old kind: what it finds is no longer asked for.
      if former.isRunning { running -= 1 }
      incarnations[Int(slot)] &+= 1
      entries[Int(slot)] = entry
      return queue(slot)
    }
    let due = now + chance(check.warmUp.milliseconds)
    let entry = Entry(server: server, check: check, due: due, watchedFrom: due)
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      entries[Int(slot)] = entry
    } else {
      slot = Int32(entries.count)
      entries.append(entry)
      incarnations.append(0)
    }
    slots[server] = slot
    queue(slot)
  }

  package mutating func remove(_ server: ServerName) {
    guard let slot = slots.removeValue(forKey: server) else { return }
    if entries[Int(slot)]?.isRunning == true { running -= 1 }
    entries[Int(slot)] = nil
    incarnations[Int(slot)] &+= 1
    free.append(slot)
    guard heap.count > 2 * slots.count + 64 else { return }
    let incarnations = incarnations
    heap.keep { incarnations[Int($0.slot)] == $0.incarnation }
  }

  /// The checks that are due, at most `limit`. Each must be ended.
  package mutating func begin(at now: Int, limit: Int) -> [Run] {
    var runs: [Run] = []
    while runs.count < limit, let first = heap.first, first.due <= now {
      _ = heap.pop()
      let slot = Int(first.slot)
      guard incarnations[slot] == first.incarnation, let entry = entries[slot] else { continue }
      entries[slot]?.isRunning = true
      running += 1
      runs.append(Run(server: entry.server, check: entry.check, slot: first.slot, incarnation: first.incarnation))
    }
    return runs
  }

  /// - Returns: the verdict if it has changed; nil, too, if the check was removed or changed meanwhile.
  package mutating func end(_ run: Run, _ result: CheckResult, at now: Int) -> HealthVerdict? {
    let slot = Int(run.slot)
    guard incarnations[slot] == run.incarnation, var entry = entries[slot] else { return nil }
    running -= 1
    let verdict = entry.state.take(result, entry.check, at: now)
    let pause = (entry.state.isRetrying ? entry.check.retry : entry.check.interval).milliseconds
    let jitter = entry.check.jitter.milliseconds
    entry.due = max(entry.due + max(pause + chance(jitter) - jitter / 2, 1), now)
    (entry.isRunning, entry.watchedFrom, entry.isLate) = (false, now, false)
    entries[slot] = entry
    queue(run.slot)
    return verdict
  }

  private mutating func queue(_ slot: Int32) {
    guard let entry = entries[Int(slot)] else { return }
    heap.push(DueHeap.Item(due: entry.due, slot: slot, incarnation: incarnations[Int(slot)]))
  }

  /// A number below the limit, from SplitMix64; 0 without a limit.
  private mutating func chance(_ limit: Int) -> Int {
    guard limit > 0 else { return 0 }
    random &+= 0x9e37_79b9_7f4a_7c15
    var mixed = random
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
  }
}

extension CheckSchedule {
  /// A check that ended nothing for three intervals (and its timeout) is late: its server's health is not known any more.
  package static let lateIntervals = 3

  /// Servers with late checks, and of those the ones that were not late at the last call. Looks at every check: once a second is enough.
  package mutating func late(at now: Int) -> (count: Int, new: [ServerName]) {
    var (count, new) = (0, [ServerName]())
    for slot in entries.indices {
      guard let entry = entries[slot] else { continue }
      let allowed = Self.lateIntervals * max(entry.check.interval, entry.check.retry).milliseconds
      guard now - entry.watchedFrom > allowed + entry.check.timeout.milliseconds else { continue }
      count += 1
      if !entry.isLate { new.append(entry.server) }
      entries[slot]?.isLate = true
    }
    return (count, new)
  }

  /// The state of a server, for reports; nil without a check.
  package func state(of server: ServerName) -> HealthVerdict.State? {
    slots[server].flatMap { entries[Int($0)]?.state.state }
  }
}
