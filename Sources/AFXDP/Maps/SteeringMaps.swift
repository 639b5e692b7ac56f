import ABI
import CXDP
import Forwarding
import Glibc

/// The BPF maps of one data plane and their memory: created, or found on an interface where a previous daemon left them.
///
/// The steering program holds all of them (`BPF_PROG_BIND_MAP` for those that it does not read itself), so they live at least as long as it is
/// attached. A new daemon finds them through the program (`FormerMaps`); pins only stand in for the privilege that this needs.
struct SteeringMaps {
  /// Name of the BPF program; BPF allows 15 characters.
  static let program = "sluice_steer"

  private(set) var tables: TableMaps
  let counters: Int32
  let sockets: Int32
  /// Why a previous daemon's tables or flows were not kept, one line each.
  private(set) var notes: [String] = []
  /// Whether a previous daemon's tables are in use.
  let isTakenOver: Bool

  private let kernel: MapSet
  private var flowMaps: [FlowMaps] = []
  private let buckets: Int

  /// Takes over the maps held by the program on the first interface; otherwise creates new ones and notes why.
  init(_ options: EngineOptions, workers: Int, interfaces: [AttachedInterface]) throws(EngineFailure) {
    buckets = options.flowBuckets
    var source = MapSource.new
    var former: TableMaps?
    if let program = AttachedProgram(interfaces[0].ifindex, on: interfaces[0].name), program.isSluices {
      do throws(EngineFailure) {
        source = .former(try FormerMaps(program, on: interfaces[0].name))
        former = try TableMaps(source, nil)
      } catch {
        source = .new
        notes.append("connections start anew, since \(error)")
      }
    }
    isTakenOver = former != nil
    if let former { tables = former } else { tables = try TableMaps(.new, options.capacity) }
    // If a program is taken over, its counters continue.
    let kernel = MapSet(source: source)
    counters = try kernel.map("sl_steered") { steering_make_counters($0, UInt32(SLUICE_STEER_COUNTERS)) }
    sockets = try kernel.map("sl_sockets") { steering_make_sockets($0, UInt32(SLUICE_INTERFACES * SLUICE_QUEUES)) }
    self.kernel = kernel
    try addWorkers(upTo: workers, source)
    if isTakenOver, !tables.tables.capacity.covers(options.capacity) {
      tables = try tables.enlarged(to: tables.tables.capacity.enlarged(to: options.capacity))
    }
    tables.tables.root.pointee.flow_buckets = UInt32(buckets)
    tables.tables.root.pointee.workers = UInt32(workers)
  }

  /// Creates flow tables for more workers.
  mutating func addWorkers(upTo count: Int, _ source: MapSource = .new) throws(EngineFailure) {
    let root = tables.tables.root.pointee
    // A previous daemon's flows are kept even if the size of the table has changed.
    while flowMaps.count < count {
      let worker = flowMaps.count
      let isFormer = source.isFormer && worker < Int(root.workers)
      if isFormer, Int(root.flow_buckets) == buckets {
        try add(FlowMaps(source, worker: worker, buckets: buckets))
      } else {
        let maps = try FlowMaps(.new, worker: worker, buckets: buckets)
        if isFormer {
          let former = try FlowMaps(source, worker: worker, buckets: Int(root.flow_buckets))
          let kept = maps.flows.takeOver(former.flows)
          notes.append("worker \(worker): \(kept) flows moved to a table of another size")
        }
        add(maps, holdsFormer: isFormer)
      }
    }
  }

  /// By worker.
  var flows: [FlowTable] { flowMaps.map(\.flows) }

  /// By worker: whether its table holds a previous daemon's flows.
  var hasFormerFlows: [Bool] { flowMaps.map(\.isFormer) }

  private mutating func add(_ maps: FlowMaps, holdsFormer: Bool = false) {
    if holdsFormer { maps.isFormer = true }
    flowMaps.append(maps)
  }

  /// Replaces the tables and returns the old ones, which workers may still read.
  mutating func replaceTables(by larger: TableMaps) -> TableMaps {
    defer { tables = larger }
    return tables
  }

  /// The maps that the program is loaded with.
  func programMaps(_ tables: TableMaps) -> steering_maps {
    steering_maps(root: tables.root, slots: tables.slots, sockets: sockets, counters: counters)
  }

  /// The descriptors of all maps, for the program to hold.
  func descriptors(_ tables: TableMaps) -> [Int32] { tables.descriptors + kernel.descriptors + flowMaps.flatMap(\.descriptors) }

  /// Sum over all CPUs, by `SLUICE_STEER_*`.
  static func steered(_ counters: Int32, _ index: Int) -> UInt64 {
    var sum: UInt64 = 0
    return steering_read_counter(counters, UInt32(index), &sum) == 0 ? sum : 0
  }
}
