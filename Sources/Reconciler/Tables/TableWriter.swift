import Forwarding
import Model

/// The shared tables as their single writer sees them: the generation in force, and the steps to the next one. The reconciler publishes
/// between the steps; `replay`, benchmarks and tests run all steps at once.
package struct TableWriter: Sendable {
  package private(set) var memory: TableMemory
  var layout: TableLayout
  private var last: TableDifference?
  /// Generation of the tables in force.
  package private(set) var generation: UInt64
  package let hashKey: HashKey
  /// Those of the next generation.
  package internal(set) var timeouts: Timeouts

  /// - Parameter memory: may hold the tables of a previous daemon: generation numbers continue from theirs, and servers keep their indices.
  package init(
    _ memory: TableMemory,
    hashKey: HashKey = HashKey(HashKey.defaultText),
    timeouts: Timeouts = Timeouts()
  ) {
    self.memory = memory
    self.hashKey = hashKey
    self.timeouts = timeouts
    let adopted = TableLayout(adopting: memory)
    layout = adopted ?? TableLayout(capacity: memory.capacity)
    generation = adopted == nil ? 0 : memory.inForce().half.pointee.generation
  }

  /// Services of the tables in force.
  package var services: Set<ServiceKey> { Set(layout.services.keys) }

  /// Pure: nothing is written.
  func plan(
    _ desired: ServiceTable,
    _ resolutions: [IPAddress: Resolution],
    _ health: HealthTable = HealthTable(),
    changed: Set<ServiceKey>
  ) throws(TableCapacityError) -> TablePlan {
    try TableCompiler.compile(
      desired,
      resolutions,
      health,
      changed: changed,
      layout,
      generation: generation + 1,
      hashKey: hashKey,
      timeouts: timeouts
    )
  }

  /// Writes the idle half, which must have no readers.
  func write(_ plan: TablePlan) { plan.write(to: memory, after: last) }

  /// Call once the plan is in force and no worker reads what it has released.
  mutating func commit(_ plan: TablePlan) {
    last = plan.difference
    layout = plan.layout
    layout.slots.forgetTouched()
    for ring in plan.releasedRings { layout.rings.release(start: ring.start, count: ring.count) }
    for members in plan.releasedMembers { layout.members.release(start: members.start, count: members.count) }
    generation = plan.generation
  }

  /// Continues in larger memory that holds the same tables.
  package mutating func move(to larger: TableMemory) {
    memory = larger
    layout.grow(to: larger.capacity)
    last = nil
  }
}

extension TableWriter {
  /// All steps at once, for tables without concurrent readers; all services are compiled.
  ///
  /// - Returns: how many rings were filled.
  @discardableResult
  package mutating func publish(
    _ table: ServiceTable,
    _ nextHops: [IPAddress: NextHop]
  ) throws(TableCapacityError) -> Int {
    try TableDemand(table).check(memory.capacity, mayGrow: true)
    let plan = try plan(table, nextHops.mapValues { .resolved($0) }, changed: services.union(table.services.map(\.key)))
    write(plan)
    memory.flip()
    commit(plan)
    return plan.rings.count
  }

  /// Index into the servers table and into each worker's counters; nil for a server that is not in force.
  package func index(of server: ServerName) -> Int? { layout.place(of: server.server, in: server.service)?.index }
}
