import ABI

/// The schedulers that choose by a service's list of servers, with LVS's names and meaning (net/netfilter/ipvs/ip_vs_*.c of Linux). The list
/// has the newest server first, as `ipvsadm -a` makes it.
///
/// A flow that finds no place in the flow table, and a TCP packet without a flow that opens no connection, go by the flow hash instead: each
/// packet of such a flow must reach the same server, whatever the turns are.
enum ListScheduler {
  /// The server of a new flow; `Verdict.noServer` when none takes new flows.
  @inline(never) @_noLocks
  static func pick(
    _ packet: ScratchPacket,
    _ tables: Tables,
    _ counters: Counters,
    _ share: Share,
    _ limits: ServerLimits
  ) -> UInt32 {
    guard let (tree, service) = list(packet, tables, counters, share) else { return Verdict.noServer }
    let isLimited = ServerLimits.exist(tables.services + Int(packet.service))
    if isLimited { readmit(tree, service, tables, counters, limits) }
    let (cursor, turn) = (service.pointee.cursor, service.pointee.turn)
    // Each turn of the loop takes an overloaded server out of the tree, which is paid for by the flows that filled it.
    while let leaf = choose(packet, tree, service, counters) {
      let server = tree.leaves[leaf].server
      guard isLimited, limits.isOverloaded(server, tables) else { return server }
      tree.leaves[leaf].weight = 0
      counters.schedulers.update(leaf, service)
    }
    // Who got none has had no turn.
    (service.pointee.cursor, service.pointee.turn) = (cursor, turn)
    return Verdict.noServer
  }

  /// Looks at a few leaves, in turn: servers that were overloaded may have lost connections at other workers. A change at this worker puts
  /// them back at once.
  @inline(__always) @_noLocks
  private static func readmit(
    _ tree: ServerTree,
    _ service: UnsafeMutablePointer<SchedulerState.Service>,
    _ tables: Tables,
    _ counters: Counters,
    _ limits: ServerLimits
  ) {
    var steps = 0
    while steps < 4 {
      service.pointee.looked = service.pointee.looked &+ 1 < service.pointee.count ? service.pointee.looked &+ 1 : 0
      let leaf = Int(service.pointee.looked)
      let load = counters.loads + Int(tree.leaves[leaf].server)
      if tree.leaves[leaf].weight == 0, load.pointee.weight != 0, !limits.isOverloaded(tree.leaves[leaf].server, tables) {
        count(load, into: tree.leaves + leaf, service.pointee.scheduler)
        counters.schedulers.update(leaf, service)
      }
      steps &+= 1
    }
  }

  /// The server of a packet that has no turn.
  @inline(never) @_noLocks
  static func pickByHash(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 {
    let service = tables.services + Int(packet.service)
    let count = Int(service.pointee.member_count)
    guard count != 0 else { return Verdict.noServer }
    let members = tables.members + Int(service.pointee.member_start)
    var number = Int(truncatingIfNeeded: ((packet.hash &>> 32) &* UInt64(truncatingIfNeeded: count)) &>> 32)
    // Past servers that take no new flows; bounded, so that a list of drained servers costs no walk.
    var tries = 0
    while tries < count && tries < 64 {
      let server = members[number]
      if tables.servers[Int(server)].weight != 0 { return server }
      number = number &+ 1 == count ? 0 : number &+ 1
      tries &+= 1
    }
    return Verdict.noServer
  }

  /// Which of the workers it is: each begins at another server.
  struct Share {
    let worker: Int
    let workers: Int
  }

  @inline(__always) @_noLocks
  private static func choose(
    _ packet: ScratchPacket,
    _ tree: ServerTree,
    _ service: UnsafeMutablePointer<SchedulerState.Service>,
    _ counters: Counters
  ) -> Int? {
    switch Int(service.pointee.scheduler) {
    case SLUICE_SCHEDULER_RR: RoundRobin.next(tree, service)
    case SLUICE_SCHEDULER_WRR: WeightedRoundRobin.next(tree, service)
    case SLUICE_SCHEDULER_TWOS: TwoChoices.choose(packet, tree, counters)
    case SLUICE_SCHEDULER_LBLC: Locality.choose(tree, service, counters)
    case SLUICE_SCHEDULER_LBLCR: ReplicatedLocality.choose(tree, service, counters)
    default: tree.best
    }
  }

  /// The service's tree, built again if its list has changed; nil for an empty list.
  @inline(__always) @_noLocks
  private static func list(
    _ packet: ScratchPacket,
    _ tables: Tables,
    _ counters: Counters,
    _ share: Share
  ) -> (ServerTree, UnsafeMutablePointer<SchedulerState.Service>)? {
    let record = tables.services + Int(packet.service)
    guard counters.schedulers.covers(packet.service, record) else { return nil }
    let service = counters.schedulers.service(packet.service)
    guard record.pointee.member_count != 0 else {
      service.initialize(to: SchedulerState.Service())
      return nil
    }
    if service.pointee.digest != record.pointee.ring_digest { build(service, packet.service, record, tables, counters, share) }
    return (counters.schedulers.tree(service), service)
  }

  /// Once for each change of the list and worker.
  @inline(never) @_noLocks
  private static func build(
    _ service: UnsafeMutablePointer<SchedulerState.Service>,
    _ index: UInt32,
    _ record: UnsafeMutablePointer<sluice_service>,
    _ tables: Tables,
    _ counters: Counters,
    _ share: Share
  ) {
    let former = service.pointee
    let formerTree = counters.schedulers.tree(service)
    service.pointee.digest = record.pointee.ring_digest
    service.pointee.start = record.pointee.member_start
    service.pointee.count = record.pointee.member_count
    service.pointee.scheduler = record.pointee.scheduler
    let tree = counters.schedulers.tree(service)
    let members = tables.members + Int(record.pointee.member_start)
    let first = begin(tree.count, record.pointee.scheduler, share)
    // Places first: the former list may lie where the new leaves go, and a cursor is still to be found in it.
    var member = first
    var leaf = 0
    while leaf < tree.count {
      let load = counters.loads + Int(members[member])
      load.pointee.leaf = UInt32(truncatingIfNeeded: Int(service.pointee.start) &+ leaf &+ 1)
      load.pointee.service = index
      member = member &+ 1 == tree.count ? 0 : member &+ 1
      leaf &+= 1
    }
    switch Int(record.pointee.scheduler) {
    case SLUICE_SCHEDULER_RR:
      service.pointee.cursor = RoundRobin.cursor(after: former, formerTree, index, service, counters, members, first: first)
    case SLUICE_SCHEDULER_LBLC:
      service.pointee.cursor = Locality.cursor(after: former, formerTree, index, service, counters, members, first: first, tables)
    default: break
    }
    member = first
    leaf = 0
    while leaf < tree.count {
      let server = members[member]
      let load = counters.loads + Int(server)
      let weight = UInt32(tables.servers[Int(server)].weight)
      load.pointee.weight = UInt16(truncatingIfNeeded: weight)
      load.pointee.adopt(tables.servers[Int(server)].incarnation)
      if former.scheduler != service.pointee.scheduler { load.pointee.isMember = 0 }
      tree.leaves[leaf] = ServerTree.Leaf(server: server, weight: weight, overhead: 0, isMember: UInt32(load.pointee.isMember))
      count(load, into: tree.leaves + leaf, record.pointee.scheduler)
      if !goesByConnections(record.pointee.scheduler), !ServerLimits.exist(record) { load.pointee.leaf = 0 }
      member = member &+ 1 == tree.count ? 0 : member &+ 1
      leaf &+= 1
    }
    tree.build()
    if Int(record.pointee.scheduler) == SLUICE_SCHEDULER_LBLCR { counters.schedulers.members(service).build() }
    if Int(record.pointee.scheduler) == SLUICE_SCHEDULER_WRR { WeightedRoundRobin.begin(tree, service, former) }
  }

  /// A server's place in a new list, from 1; 0 if it has left.
  ///
  /// - Parameter members: the new list, of which `first` is the first leaf; their loads have their places.
  @inline(__always) @_noLocks
  static func place(
    of server: UInt32,
    _ index: UInt32,
    _ service: UnsafeMutablePointer<SchedulerState.Service>,
    _ counters: Counters,
    _ members: UnsafeMutablePointer<UInt32>,
    first: Int
  ) -> UInt32 {
    guard Int(server) < counters.serverCapacity else { return 0 }
    let load = counters.loads + Int(server)
    let place = load.pointee.leaf &- service.pointee.start
    // A server that has left may have its former place, now another's.
    guard load.pointee.service == index, place &- 1 < service.pointee.count,
      members[(first &+ Int(place) &- 1) % Int(service.pointee.count)] == server
    else { return 0 }
    return place
  }

  /// The member that becomes the first leaf.
  @inline(__always) @_noLocks
  private static func begin(_ count: Int, _ scheduler: UInt8, _ share: Share) -> Int {
    switch Int(scheduler) {
    // All workers must fail over to the same server.
    case SLUICE_SCHEDULER_FO, SLUICE_SCHEDULER_OVF: 0
    default: count &* share.worker / share.workers
    }
  }
}

extension ListScheduler {
  @inline(__always) @_noLocks
  static func order(_ scheduler: UInt8) -> ServerTree.Order {
    switch Int(scheduler) {
    case SLUICE_SCHEDULER_LC: .overhead
    case SLUICE_SCHEDULER_WLC, SLUICE_SCHEDULER_SED, SLUICE_SCHEDULER_NQ, SLUICE_SCHEDULER_LBLC, SLUICE_SCHEDULER_LBLCR: .ratio
    case SLUICE_SCHEDULER_TWOS: .sum
    default: .weight
    }
  }

  /// Whether a change of a server's connections changes its leaf. `twos` reads them when it picks.
  @inline(__always) @_noLocks
  private static func goesByConnections(_ scheduler: UInt8) -> Bool {
    switch Int(scheduler) {
    case SLUICE_SCHEDULER_RR, SLUICE_SCHEDULER_WRR, SLUICE_SCHEDULER_FO, SLUICE_SCHEDULER_TWOS: false
    default: true
    }
  }

  /// Writes a server's connections into its leaf, as its scheduler counts them.
  @inline(__always) @_noLocks
  static func count(
    _ load: UnsafeMutablePointer<ServerLoad>,
    into leaf: UnsafeMutablePointer<ServerTree.Leaf>,
    _ scheduler: UInt8
  ) {
    let active = load.pointee.active
    // An overloaded server has 0 until its connections change.
    leaf.pointee.weight = UInt32(load.pointee.weight)
    switch Int(scheduler) {
    case SLUICE_SCHEDULER_LC, SLUICE_SCHEDULER_WLC, SLUICE_SCHEDULER_LBLC, SLUICE_SCHEDULER_LBLCR:
      leaf.pointee.overhead = load.pointee.overhead
    // Shortest expected delay: with the new one.
    case SLUICE_SCHEDULER_SED: leaf.pointee.overhead = active &+ 1
    // Never queue: an idle server is best, whatever its weight.
    case SLUICE_SCHEDULER_NQ: leaf.pointee.overhead = active == 0 ? 0 : active &+ 1
    // Overflow: a server takes as many active connections as its weight, and one more.
    case SLUICE_SCHEDULER_OVF: if active > UInt32(load.pointee.weight) { leaf.pointee.weight = 0 }
    default: break
    }
  }
}
