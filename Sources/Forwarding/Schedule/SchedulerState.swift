import ABI

/// What one worker's list schedulers remember: for each service its list of servers under a tree, and where its turn is.
///
/// Workers share none of it. Each of them balances the flows that it sees, so that all are balanced; on equal terms they begin at different
/// servers of the list, or every worker's first flows would meet at one. A shared count was rejected: an atomic for each new flow.
// Sendable: only the worker reads and writes it.
package struct SchedulerState: @unchecked Sendable {
  /// One service.
  struct Service {
    /// That of the list that the tree was built from (`sluice_service.ring_digest`); the tree is built again when it differs.
    var digest: UInt64 = 0
    /// Place of its list in the member arena.
    var start: UInt32 = 0
    var count: UInt32 = 0
    /// The leaf of the last pick, plus 1; 0: before the first.
    var cursor: UInt32 = 0
    /// Weighted round robin: the weight that a server must have at this turn, the greatest, and the step between turns.
    var turn: Int32 = 0
    var greatest: Int32 = 0
    var step: Int32 = 0
    /// The last leaf that was looked at, whether it is overloaded no more.
    var looked: UInt32 = 0
    /// SLUICE_SCHEDULER_* of the list.
    var scheduler: UInt8 = 0

    @inline(__always) @_noLocks
    init() {}
  }

  private let services: UnsafeMutablePointer<Service>
  private let serviceLimit: Int
  private let leaves: UnsafeMutablePointer<ServerTree.Leaf>
  private let nodes: UnsafeMutablePointer<UInt32>
  /// Places of the member arena.
  private let places: Int

  /// Lists for this many servers: those of two generations, each rounded up.
  package static func places(servers: Int) -> Int { 4 * servers + 1024 }
  private static func services(servers: Int) -> Int { min(4 * servers + 1024, Int(UInt16.max) + 1) }

  package static func size(servers: Int, places: Int) -> Int {
    services(servers: servers) * MemoryLayout<Service>.stride
      + places * (MemoryLayout<ServerTree.Leaf>.stride + ServerTree.nodesPerServer * MemoryLayout<UInt32>.stride)
  }

  /// Uses zeroed memory of `size` bytes.
  init(zeroed memory: UnsafeMutableRawPointer, servers: Int, places: Int) {
    self.places = places
    serviceLimit = Self.services(servers: servers)
    services = memory.bindMemory(to: Service.self, capacity: serviceLimit)
    let leaves = memory + serviceLimit * MemoryLayout<Service>.stride
    self.leaves = leaves.bindMemory(to: ServerTree.Leaf.self, capacity: places)
    let nodes = leaves + places * MemoryLayout<ServerTree.Leaf>.stride
    self.nodes = nodes.bindMemory(to: UInt32.self, capacity: places * ServerTree.nodesPerServer)
  }

  /// - Precondition: `covers` a record of this service.
  @inline(__always) @_noLocks
  func service(_ index: UInt32) -> UnsafeMutablePointer<Service> { services + Int(index) }

  @inline(__always) @_noLocks
  func tree(_ service: UnsafeMutablePointer<Service>) -> ServerTree {
    let start = Int(service.pointee.start)
    return ServerTree(
      leaves: leaves + start,
      nodes: nodes + start &* ServerTree.nodesPerServer,
      count: Int(service.pointee.count),
      order: ListScheduler.order(service.pointee.scheduler)
    )
  }

  /// The tree over the servers of lblcr's set alone; its nodes lie behind those of the other.
  @inline(__always) @_noLocks
  func members(_ service: UnsafeMutablePointer<Service>) -> ServerTree {
    let start = Int(service.pointee.start)
    return ServerTree(
      leaves: leaves + start,
      nodes: nodes + (start &* ServerTree.nodesPerServer &+ 2 &* Int(service.pointee.count)),
      count: Int(service.pointee.count),
      order: .ratio,
      isSet: true
    )
  }

  /// After a change of a leaf.
  @inline(__always) @_noLocks
  func update(_ leaf: Int, _ service: UnsafeMutablePointer<Service>) {
    tree(service).update(leaf)
    if Int(service.pointee.scheduler) == SLUICE_SCHEDULER_LBLCR { members(service).update(leaf) }
  }

  /// Whether the worker has memory for this service and its list.
  @inline(__always) @_noLocks
  func covers(_ index: UInt32, _ record: UnsafeMutablePointer<sluice_service>) -> Bool {
    Int(index) < serviceLimit && Int(record.pointee.member_start) &+ Int(record.pointee.member_count) <= places
  }

  /// Follows a change of a server's connections.
  @inline(__always) @_noLocks
  func follow(_ load: UnsafeMutablePointer<ServerLoad>, _ server: UInt32) {
    if load.pointee.leaf != 0 { update(load, server) }
  }

  @inline(never) @_noLocks
  private func update(_ load: UnsafeMutablePointer<ServerLoad>, _ server: UInt32) {
    let service = service(load.pointee.service)
    let number = Int(load.pointee.leaf) &- 1 &- Int(service.pointee.start)
    let tree = tree(service)
    // The list may have moved since, or the index have another server.
    guard number >= 0, number < tree.count, tree.leaves[number].server == server else {
      load.pointee.leaf = 0
      return
    }
    ListScheduler.count(load, into: tree.leaves + number, service.pointee.scheduler)
    update(number, service)
  }
}
