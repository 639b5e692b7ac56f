import ABI
import Forwarding
import Model

/// Compiles the desired and observed state to the next generation: a pure function. It reads no shared memory and never blocks;
/// `TablePlan.write` writes its result.
///
/// The cost follows the size of the change: only the named services are compiled, and of those only rings with changed servers or weights are
/// refilled. Everything else stays in place.
struct TableCompiler {
  let desired: ServiceTable
  let resolutions: [IPAddress: Resolution]
  let health: HealthTable

  var plan: TablePlan
  /// Addresses of tunnels that lost the server they were named after.
  var renamedTunnels: Set<IPAddress> = []
  var slotsAreFull = false

  /// - Parameters:
  ///   - changed: services with a changed configuration or with changed observations of their servers; services that are not in `desired` are
  ///     removed.
  ///   - former: the layout in force.
  /// - Throws: when the tables are too small; the caller has checked `TableDemand`, so the only possible cause is fragmentation.
  static func compile(
    _ desired: ServiceTable,
    _ resolutions: [IPAddress: Resolution],
    _ health: HealthTable,
    changed: some Collection<ServiceKey>,
    _ former: TableLayout,
    generation: UInt64,
    hashKey: HashKey,
    timeouts: Timeouts
  ) throws(TableCapacityError) -> TablePlan {
    var compiler = TableCompiler(desired, resolutions, health, former, generation, hashKey, timeouts)
    // Removals first, so that new services can use their places and indices. Sorted, so that the same changes always give the same places.
    let indices = former.services
    let gone = changed.filter { desired.service($0) == nil || !$0.isForwarded }
    for key in gone.sorted(by: { indices[$0]?.index ?? 0 < indices[$1]?.index ?? 0 }) { compiler.remove(key) }
    let changed = changed.compactMap { key in key.isForwarded ? desired.position(of: key) : nil }.sorted()
    for position in changed { try compiler.set(desired.services[position]) }
    for key in compiler.renameTunnels() {
      if let service = desired.service(key) { try compiler.set(service) }
    }
    try compiler.finish()
    return compiler.plan
  }

  private init(
    _ desired: ServiceTable,
    _ resolutions: [IPAddress: Resolution],
    _ health: HealthTable,
    _ former: TableLayout,
    _ generation: UInt64,
    _ hashKey: HashKey,
    _ timeouts: Timeouts
  ) {
    self.desired = desired
    self.resolutions = resolutions
    self.health = health
    plan = TablePlan(generation: generation, hashKey: hashKey, timeouts: timeouts, layout: former)
  }

  private mutating func remove(_ key: ServiceKey) {
    guard let former = plan.layout.services.removeValue(forKey: key) else { return }
    for (id, place) in former.servers.sorted(by: Self.precedes) { remove(id, place, of: key) }
    release(former)
    plan.layout.serviceIndices.release(former.index)
    if former.hasPersistence { plan.layout.persistentServices -= 1 }
    plan.services.append((former.index, sluice_service()))
    plan.removedServices.append(key)
    countVIP(key, -1, live: former.isLive ? -1 : 0)
    plan.layout.slots.remove(.service(key))
  }

  private mutating func set(_ service: VirtualService) throws(TableCapacityError) {
    let key = service.key
    let former = plan.layout.services[key]
    var next: TableLayout.Service
    if let former { next = former } else { next = try begin(key) }
    if !next.servers.isEmpty {
      let configured = Set(service.everyServer.map(\.id))
      for (id, place) in next.servers.sorted(by: Self.precedes) where !configured.contains(id) {
        remove(id, place, of: key)
        next.servers[id] = nil
      }
    }
    next.servers.reserveCapacity(service.everyServer.count)
    for server in service.everyServer where next.servers[server.id] == nil {
      guard let given = plan.layout.serverIndices.allocate() else {
        throw .tooManyServers(needed: plan.layout.serverIndices.used + 1, limit: plan.layout.capacity.servers)
      }
      let place = TableLayout.Place(index: given.index, incarnation: given.incarnation)
      next.servers[server.id] = place
      plan.added.append((ServerName(server.id, of: key), place))
    }
    let servers = CompiledServer.all(of: service, next, resolutions, health)
    for server in servers {
      var record = server.record
      record.tunnel = UInt32(join(server, of: next.index))
      let owner = sluice_owner(server, of: next.index)
      plan.servers.append((server.place.index, record, owner))
    }

    next.hasPersistence = service.persistence != nil
    plan.layout.persistentServices += (next.hasPersistence ? 1 : 0) - (former?.hasPersistence == true ? 1 : 0)
    next.lastWeights = [:]
    if service.scheduler == .mh { for server in servers { next.lastWeights[server.id] = server.lastWeight } }
    next.behindGateway = Set(servers.lazy.filter(\.isBehindGateway).map(\.address))
    let wasLive = next.isLive
    next.isLive = servers.contains { $0.takesFlows && !$0.isSorry }
    countVIP(key, former == nil ? 1 : 0, live: (next.isLive ? 1 : 0) - (wasLive ? 1 : 0))
    try place(service, servers, &next)
    plan.services.append((next.index, sluice_service(service, next)))
    plan.layout.services[key] = next
    setSlot(.service(key), UInt32(next.index))
  }

  private static func precedes(
    _ left: (key: ServerAddress, value: TableLayout.Place),
    _ right: (key: ServerAddress, value: TableLayout.Place)
  )
    -> Bool
  { left.value.index < right.value.index }

  private mutating func begin(_ key: ServiceKey) throws(TableCapacityError) -> TableLayout.Service {
    guard let given = plan.layout.serviceIndices.allocate() else {
      throw .tooManyServices(needed: plan.layout.serviceIndices.used + 1, limit: plan.layout.capacity.services)
    }
    return TableLayout.Service(index: given.index)
  }

  /// The service's ring and members, or its list of servers alone: unchanged inputs keep their place, others get a new one.
  private mutating func place(
    _ service: VirtualService,
    _ servers: [CompiledServer],
    _ next: inout TableLayout.Service
  ) throws(TableCapacityError) {
    let size = service.effectiveRingSize
    let members = CompiledServer.members(servers, by: service.scheduler)
    let digest = CompiledServer.digest(of: service.scheduler, size: size, members)
    if digest == next.digest, members.isEmpty == (next.members == nil) { return }
    release(next)
    (next.ring, next.members, next.digest) = (nil, nil, digest)
    guard !members.isEmpty else { return }
    guard let first = plan.layout.members.allocate(members.count) else {
      throw .tooManyServers(needed: plan.layout.serverIndices.used, limit: plan.layout.capacity.servers)
    }
    next.members = TableLayout.Span(start: first, count: members.count)
    plan.members.append((first, members.map { UInt32($0.place.index) }))
    guard size > 0 else { return }
    guard let start = plan.layout.rings.allocate(size) else {
      throw .ringsTooLarge(needed: plan.layout.rings.used + size, limit: plan.layout.capacity.ringSlots)
    }
    next.ring = TableLayout.Span(start: start, count: size)
    plan.rings.append(
      TablePlan.RingFilling(
        span: TableLayout.Span(start: start, count: size),
        content: .init(members, of: service)
      )
    )
  }

  /// Places that workers still read are freed once the generation is live.
  private mutating func release(_ service: TableLayout.Service) {
    if let ring = service.ring { plan.releasedRings.append(ring) }
    if let members = service.members { plan.releasedMembers.append(members) }
  }

  private mutating func remove(_ id: ServerAddress, _ place: TableLayout.Place, of key: ServiceKey) {
    leave(id.address, place.index)
    plan.layout.serverIndices.release(place.index)
    var record = sluice_server()
    record.incarnation = place.incarnation
    record.address = id.address.tuple
    var owner = sluice_owner()
    (owner.freed, owner.service) = (plan.generation, UInt32(SLUICE_NO_SERVICE))
    plan.servers.append((place.index, record, owner))
    plan.removed.append((ServerName(id, of: key), place))
  }

  private mutating func finish() throws(TableCapacityError) {
    guard !slotsAreFull else { throw .slotsFull(keys: plan.layout.slots.count + 1, slots: plan.layout.capacity.slots) }
    plan.slots = Array(plan.layout.slots.touched)
  }
}
