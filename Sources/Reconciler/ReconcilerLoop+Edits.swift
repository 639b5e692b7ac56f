import Forwarding
import Model

/// Edits of the desired state. Each edit is applied to the result of the previous one.
extension ReconcilerLoop {
  mutating func take(_ edit: Edit) {
    if let before = edit.before, before < .now { return edit.answer(.failure(EditRefusal.late)) }
    do {
      var wanted = desired
      try edit.change(&wanted)
      let changes = ServiceTable.difference(from: desired, to: wanted)
      let touched = Set(changes.map(\.service))
      // What is in force already was examined when it came.
      let new = touched.compactMap { wanted.service($0) }.filter { $0.takesHost != desired.service($0.key)?.takesHost }
      if !new.isEmpty, let conflict = surroundings.conflict(new) { throw conflict }
      let wantedDemand = demand(of: wanted, touched)
      // Checked before anything is changed. Capacity depends on the configuration alone, not on which servers can be reached today.
      try makeRoom(for: wantedDemand)
      if edit.isDryRun || changes.isEmpty && edit.live.timeouts.isEmpty && isPublished {
        if !edit.isDryRun {
          desired = wanted
          zero(edit.live.zeroed, surroundings.counters())
          front.published.withLock { $0.baselines = baselines }
        }
        return edit.answer(.success(Applied(generation: tables.generation, dryRun: edit.isDryRun, changes: changes)))
      }
      adopt(wanted, wantedDemand, touched)
      tables.timeouts = tables.timeouts.changed(by: edit.live.timeouts)
      waiting.append((edit, changes))
      pace.note(isEdit: true, at: .now)
      if !awaited.isEmpty { pace.postpone(until: awaitedUntil ?? .now) }
    } catch {
      edit.answer(.failure(error))
    }
  }

  /// Of services that are in force.
  mutating func zero(_ which: LiveChange.Zeroed, _ counters: [Counters]) {
    guard which != .services([]) else { return }
    for (key, service) in tables.layout.services {
      if case .services(let keys) = which, !keys.contains(key) { continue }
      let indices = service.servers.values.map(\.index)
      baselines.zero(key, indices, counters)
      front.rates.withLock { rates in for index in indices { rates.begin(index, counters) } }
    }
  }

  private mutating func adopt(_ wanted: ServiceTable, _ wantedDemand: TableDemand, _ touched: Set<ServiceKey>) {
    var newcomers: [IPAddress] = []
    for key in touched {
      let former = Set(desired.service(key)?.everyAddress ?? [])
      let coming = wanted.service(key)?.everyAddress ?? []
      for address in coming where !former.contains(address) {
        if servicesOf.add(key, to: address), resolutions[address] == nil { newcomers.append(address) }
      }
      // A new service has none to lose: no set of its servers.
      guard !former.isEmpty else { continue }
      for address in former.subtracting(coming) {
        servicesOf[address] = servicesOf[address]?.without(key)
        if servicesOf[address] == nil {
          resolutions[address] = nil
          unreachable[address] = nil
          hasLeftOvers = true
        }
      }
    }
    desired = wanted
    demand = wantedDemand
    changed.formUnion(touched)
    ask(newcomers.filter { servicesOf[$0] != nil })
  }

  /// Resolves the paths to new servers. The next generation waits for pending answers until `awaitedUntil`.
  mutating func ask(_ newcomers: [IPAddress]) {
    guard !newcomers.isEmpty else { return }
    let answers = surroundings.resolve(newcomers)
    for (address, answer) in answers { _ = noteReach(address, answer) }
    if resolutions.isEmpty { resolutions = answers } else { resolutions.merge(answers) { _, new in new } }
    let pending = answers.filter(\.value.isPending).keys
    guard !pending.isEmpty else { return }
    awaited.formUnion(pending)
    awaitedUntil = .now + Pace.neighbourTimeout
  }

  private func demand(of wanted: ServiceTable, _ touched: Set<ServiceKey>) -> TableDemand {
    var demand = demand
    for key in touched {
      if let former = desired.service(key) { demand.remove(former) }
      if let coming = wanted.service(key) { demand.add(coming) }
    }
    return demand
  }

  /// Throws when the tables are too small and must not grow; nothing has then been changed.
  private mutating func makeRoom(for wanted: TableDemand) throws {
    do throws(TableCapacityError) {
      try wanted.check(tables.memory.capacity, mayGrow: surroundings.grow != nil)
    } catch {
      try grow(to: TableCapacity(for: wanted), because: error)
    }
  }

  /// Moves to larger tables, which come into force with the next generation.
  mutating func grow(to wanted: TableCapacity, because error: TableCapacityError) throws {
    guard let grow = surroundings.grow else { throw error }
    let former = tables.memory.capacity
    let larger = former.enlarged(to: wanted)
    guard larger != former else { throw error }
    tables.move(to: try grow(larger))
    events.note(
      .tables,
      "tables enlarged from \(former.services) services, \(former.servers) servers and \(former.ringSlots) ring slots to "
        + "\(larger.services), \(larger.servers) and \(larger.ringSlots)"
    )
  }
}
