import ABI
import CXDP
import Forwarding
import Glibc
import Model

/// What the engine has claimed, opened, attached and started. Only one thread at a time changes it.
struct EngineState {
  let options: EngineOptions
  var interfaces: [AttachedInterface] = []
  private var claims: [InterfaceClaim] = []
  /// By slot; nil where the program is not attached.
  var attachments: [Attachment?] = []
  var maps: SteeringMaps
  var halves: TableHalves
  let published: PublishedTables
  let epochs: Epochs
  /// By worker.
  var counters: [Counters] = []
  var workers: [WorkerThread] = []
  /// The fragment tables of all workers ever started.
  var fragments: [FragmentTable] = []
  /// By slot; nil where none is attached yet.
  var programs: [SteeringProgram?] = []
  /// The one for every interface without a program of its own.
  var sharedProgram: SteeringProgram?
  /// Tables that workers read until the next generation.
  var retired: (maps: TableMaps, halves: TableHalves)?
  /// Larger tables that the next publication puts in force.
  var coming: TableMaps?
  var notes: [String] = []
  var ringWatch = RingWatch()
  /// By worker: how often a ring was seen to stand still.
  var stalls: [UInt64] = []
  /// Rings that stand for long, one line each.
  var ringProblems: [String] = []
  /// Whether busy polling was given up because a ring stood still.
  var hasEndedBusyPoll = false
  /// Whether program and sockets take frames in several buffers: an MTU needs them.
  var takesJumbo = false
  /// Whether the kernel refused such sockets when an MTU grew.
  var refusesJumbo = false
  /// Why the program steers by old tables; replacing it is retried at every check.
  var steeringFault: String?
  /// Slots with a previous daemon's program: they stay steered if this start fails.
  var former: Set<Int> = []
  private var hasCountedFlows = false

  /// Claims the interfaces and finds or creates the maps. Attaches nothing; a previous daemon's program keeps steering.
  init(_ options: EngineOptions) throws(EngineFailure) {
    self.options = options
    guard !options.interfaces.isEmpty else { throw EngineFailure("no interface is given: name one under director.interfaces") }
    let (interfaces, claims) = try Self.claim(options.interfaces)
    if let fault = interfaces.lazy.compactMap({ FrameLimit.fault($0.name, mtu: $0.mtu, takesJumbo: true) }).first {
      throw EngineFailure(fault)
    }
    takesJumbo = interfaces.contains { $0.mtu > FrameLimit.mtu }
    self.interfaces = interfaces
    self.claims = claims
    attachments = Array(repeating: nil, count: interfaces.count)
    programs = Array(repeating: nil, count: interfaces.count)
    let count = try Self.workerCount(options, interfaces)
    maps = try SteeringMaps(options, workers: count, interfaces: interfaces)
    for _ in 0..<count { counters.append(try Self.makeCounters()) }
    notes = maps.notes
    if let fault = PinPath.fault {
      notes.append("nothing is pinned, so only root can take over: can't use the folder \(fault)")
    }
    halves = TableHalves(maps.tables.tables)
    published = PublishedTables(halves)
    epochs = Epochs(count: Int(SLUICE_QUEUES))
  }

  /// Address space for the maximum number of servers; untouched pages cost nothing.
  static func makeCounters() throws(EngineFailure) -> Counters {
    let capacity = Int(SLUICE_SERVERS)
    return Counters(zeroed: try ZeroedPages.map(Counters.size(serverCapacity: capacity)), serverCapacity: capacity)
  }

  static func claim(_ names: [String]) throws(EngineFailure) -> ([AttachedInterface], [InterfaceClaim]) {
    guard names.count <= Int(SLUICE_INTERFACES) else {
      throw EngineFailure("\(names.count) interfaces are given, at most \(SLUICE_INTERFACES) can be attached")
    }
    var interfaces: [AttachedInterface] = []
    var claims: [InterfaceClaim] = []
    for (slot, name) in names.enumerated() {
      let interface = try AttachedInterface(name, slot: slot)
      if let same = interfaces.first(where: { $0.ifindex == interface.ifindex }) {
        throw EngineFailure("\(same.name) and \(name) are two names of one interface: give one of them")
      }
      claims.append(try InterfaceClaim(name))
      interfaces.append(interface)
    }
    return (interfaces, claims)
  }

  /// The number of workers: as configured, or one for each queue of the interface with the most queues.
  static func workerCount(_ options: EngineOptions, _ interfaces: [AttachedInterface]) throws(EngineFailure) -> Int {
    let most = interfaces.map(\.queues).max() ?? 1
    let count = options.workers ?? most
    // A queue without a worker would lose its share of every service's packets.
    if let short = interfaces.first(where: { $0.queues > count }) {
      throw EngineFailure(
        "\(short.name) has \(short.queues) queues, but director.workers is \(count): use `ethtool -L \(short.name) combined \(count)`, or more workers"
      )
    }
    // Worker q sends through queue q of the egress interface, so that queue must exist.
    if let narrow = interfaces.first(where: { $0.queues < count }) {
      throw EngineFailure(
        "\(narrow.name) has \(narrow.queues) queue(s) and \(count) workers would send by it: give all interfaces the same number with `ethtool -L`"
      )
    }
    return count
  }

  /// Tells the steering program the slot of each interface: its position in the configuration.
  func enterInterfaces() {
    let entries = UnsafeMutableRawPointer(halves.memory.root).advanced(by: Int(SLUICE_ROOT_INTERFACES))
      .assumingMemoryBound(to: sluice_interface.self)
    for slot in 0..<Int(SLUICE_INTERFACES) {
      guard slot < interfaces.count else {
        entries[slot] = sluice_interface()
        continue
      }
      let interface = interfaces[slot]
      enter(interface.further, slot)
      entries[slot] = sluice_interface(
        mac: interface.mac.word,
        ifindex: interface.ifindex,
        queues: UInt8(interface.queues),
        flags: interface.leavesTags ? UInt8(SLUICE_INTERFACE_STRIPS_TAGS) : 0,
        further: UInt16(interface.further.places.count)
      )
    }
  }

  /// Word by word, without an order to `sluice_interface.further`: a reader that sees only one of the two misses a new address for a moment.
  private func enter(_ further: FurtherMACs, _ slot: Int) {
    let words = UnsafeMutableRawPointer(halves.memory.root).advanced(by: Int(SLUICE_ROOT_FURTHER))
      .assumingMemoryBound(to: UInt64.self).advanced(by: slot * FurtherMACs.most)
    for place in 0..<FurtherMACs.most {
      words[place] = place < further.places.count ? further.places[place]?.mac.word ?? 0 : 0
    }
  }

  /// For each worker: whether it must count the flows that a previous daemon left in its table. True once, at its first start.
  mutating func takeUncounted() -> [Bool] {
    defer { hasCountedFlows = true }
    return hasCountedFlows ? Array(repeating: false, count: maps.flows.count) : maps.hasFormerFlows
  }

  /// Detaches the program from all interfaces except `kept`, then stops the workers and closes their sockets. Detached interfaces are as
  /// before the start.
  mutating func end(keeping kept: Set<Int> = []) {
    if kept.isEmpty, let first = interfaces.first { PinPath.removeMaps(first.name) }
    for (slot, attachment) in attachments.enumerated() where !kept.contains(slot) {
      attachment?.detach()
      if attachment != nil { interfaces[slot].restoreTags() }
    }
    for worker in workers { worker.stop() }
    (attachments, programs, workers, claims) = ([], [], [], [])
    // The control thread may look at the interfaces once more after a failed start: without a program there is nothing to follow.
    steeringFault = nil
  }
}
