import Forwarding
import Model

/// Observes changes and publishes generations.
extension ReconcilerLoop {
  /// - Returns: whether there is more to observe.
  mutating func observe() -> Bool {
    let observation = surroundings.observe()
    for (kind, text) in observation.events { events.note(kind, text) }
    var moved: [IPAddress: MACAddress?] = [:]
    for (address, resolution) in observation.resolutions {
      guard let users = servicesOf[address] else { continue }
      let resolution = noteReach(address, resolution)
      guard resolutions[address] != resolution else { continue }
      let former = resolutions.updateValue(resolution, forKey: address)
      awaited.remove(address)
      // The same fault for another reason changes no table, only the reported reason.
      if former?.nextHop != resolution.nextHop {
        changed.formUnion(users.services)
        // The first answer for a new server is not an event.
        if former?.isPending != true || resolution.nextHop == nil { moved[address] = former?.nextHop?.nextHopMAC }
      } else {
        refreshFault(address, resolution)
      }
    }
    noteMoved(moved)
    giveUp(at: .now)
    if let problems = observation.problems { note(problems) }
    lookAtLimits(at: .now)
    endDrains()
    if !changed.isEmpty, isPublished { pace.note(isEdit: false, at: .now) }
    if !waiting.isEmpty, awaited.isEmpty { pace.note(isEdit: true, at: .now) }
    return observation.isPartial
  }

  /// Starts or ends a server's time until it is given up. A server that was given up stays so until it has a next hop.
  mutating func noteReach(_ address: IPAddress, _ resolution: Resolution) -> Resolution {
    guard let fault = resolution.fault else {
      unreachable[address] = nil
      return resolution
    }
    if resolutions[address]?.isLost == true { return .lost(fault) }
    if unreachable[address] == nil { unreachable[address] = .now + surroundings.lossDelay }
    return resolution
  }

  /// Lets the flows of servers that were unreachable for too long follow their service's loss policy.
  private mutating func giveUp(at now: ContinuousClock.Instant) {
    guard !unreachable.isEmpty else { return }
    let over = unreachable.filter { $0.value <= now }.keys.sorted()
    for address in over {
      unreachable[address] = nil
      guard let users = servicesOf[address], let fault = resolutions[address]?.fault else { continue }
      resolutions[address] = .lost(fault)
      changed.formUnion(users.services)
    }
    guard let first = over.first else { return }
    let others = over.count > 1 ? " and \(over.count - 1) more real servers" : ""
    events.note(
      .nextHop,
      "\(first)\(others): not reached for \(surroundings.lossDelay.components.seconds) s, flows follow the loss policy"
    )
  }

  /// Notes changed next hops; a burst of them, as when a switch restarts, does not flood the daemon's log.
  ///
  /// - Parameter former: the MAC addresses of the previous next hops; nil where there was none.
  private func noteMoved(_ former: [IPAddress: MACAddress?]) {
    // Changes of MTU or egress are reported for the interface.
    let addresses = former.filter { $0.value == nil || $0.value != resolutions[$0.key]?.nextHop?.nextHopMAC }.keys.sorted()
    let texts = addresses.map { address in
      switch (former[address] ?? nil, resolutions[address]?.nextHop?.nextHopMAC) {
      case (let before?, let now?): "\(address): its next hop changed from \(before) to \(now)"
      case (nil, let now?): "\(address): it is reached again, by \(now)"
      case (_, nil): "\(address): \(resolutions[address]?.fault ?? "it has no next hop")"
      }
    }
    events.note(.nextHop, texts) { "the paths to \($0) more real servers changed with these: see 'sluice events'" }
  }

  private mutating func note(_ problems: [String]) {
    guard problems != self.problems else { return }
    for problem in problems where !self.problems.contains(problem) { events.note(.problem, problem) }
    for former in self.problems where !problems.contains(former) { events.note(.recovery, "no longer: \(former)") }
    self.problems = problems
    front.published.withLock { $0.problems = problems }
  }

  private func refreshFault(_ address: IPAddress, _ resolution: Resolution) {
    front.published.withLock { $0.faults[address] = resolution.fault }
  }

  /// Publishes all pending changes as one generation.
  mutating func reconcile() {
    pace.begun()
    (awaited, awaitedUntil) = ([], nil)
    guard !changed.isEmpty || !waiting.isEmpty || !isPublished else { return }
    let began = ContinuousClock.now
    do {
      try publish()
      for (edit, changes) in waiting {
        edit.answer(.success(Applied(generation: tables.generation, dryRun: false, changes: changes)))
      }
    } catch {
      // The demand was checked before, so the only cause left is a fragmented arena that cannot grow. The tables in force stay in force.
      events.note(.tables, "generation \(tables.generation + 1) could not be made: \(error)")
      restore()
      for (edit, _) in waiting { edit.answer(.failure(error)) }
    }
    waiting = []
    pace.ended(at: .now, after: began.duration(to: .now))
  }

  /// Returns the desired state to the table in force.
  private mutating func restore() {
    let snapshot = front.published.withLock { $0 }
    changed.formUnion(ServiceTable.difference(from: desired, to: snapshot.table).map(\.service))
    desired = snapshot.table
    tables.timeouts = snapshot.timeouts
    demand = TableDemand(desired)
    servicesOf = [:]
    for service in desired.services {
      for address in service.everyAddress { servicesOf.add(service.key, to: address) }
    }
    hasLeftOvers = true
    ask(servicesOf.keys.filter { resolutions[$0] == nil })
  }

  private mutating func publish() throws {
    prepareHealth()
    health.endedDrains = drains.follow(changed, desired, now: surroundings.wallClock())
    let plan = try compile()
    front.reading.withLock { _ in tables.write(plan) }
    let counters = surroundings.counters()
    baselines.begin(plan, counters)
    front.rates.withLock { rates in for (_, place) in plan.added { rates.begin(place.index, counters) } }
    surroundings.publish(tables.memory)
    baselines.end(plan, counters)
    tables.commit(plan)
    for (edit, _) in waiting { zero(edit.live.zeroed, counters) }
    (isPublished, changed) = (true, [])
    front.published.withLock { snapshot in
      snapshot.memory = tables.memory
      snapshot.generation = tables.generation
      snapshot.isPublished = true
      snapshot.table = desired
      snapshot.timeouts = tables.timeouts
      snapshot.layout = tables.layout
      snapshot.baselines = baselines
      snapshot.health = health
      snapshot.faults = resolutions.compactMapValues(\.fault)
    }
    if hasLeftOvers {
      hasLeftOvers = false
      surroundings.forget(Set(servicesOf.keys))
    }
    surroundings.published(desired)
    tellStateChanges()
  }

  private mutating func compile() throws -> TablePlan {
    do throws(TableCapacityError) {
      return try tables.plan(desired, resolutions, health, changed: changed)
    } catch {
      try grow(to: tables.memory.capacity.doubled, because: error)
      return try tables.plan(desired, resolutions, health, changed: changed)
    }
  }
}

extension TableCapacity {
  fileprivate var doubled: TableCapacity {
    TableCapacity(
      slots: slots * 2,
      services: services,
      servers: servers,
      ringSlots: min(ringSlots * 2, Self.mostRingSlots),
      members: min(members * 2, Self.mostRingSlots)
    )
  }
}
