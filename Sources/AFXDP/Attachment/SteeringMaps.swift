import ABI
import CXDP
import Forwarding
import Glibc

/// The BPF maps of one data plane and their memory: made anew, or found on an interface where a daemon left them.
///
/// No map is pinned. The steering program holds all of them (`BPF_PROG_BIND_MAP` for those it does not read itself), so they live
/// exactly as long as it is attached, and a new daemon finds them through the interface: with or without a bpffs, and nothing is
/// left to tidy up.
struct SteeringMaps: ~Copyable {
  /// As BPF names programs and maps: 15 characters.
  static let program = "sluice_steer"

  let tables: TableMemory
  let flows: [FlowTable]
  let kernel: steering_maps
  /// Every descriptor, for the program to hold.
  let descriptors: [Int32]
  /// Whether tables and flows of a former daemon go on.
  let isTakenOver: Bool

  /// Takes over the maps that the program on the first interface holds, if they are of this layout and size and of the same
  /// interfaces in the same order, which their next hops call by number; makes new ones otherwise.
  init(_ options: EngineOptions, workers: Int, interfaces: [UInt32]) throws(EngineFailure) {
    if let former = try? Self.open(options, workers, .interface(interfaces[0])), former.interfaces == interfaces {
      self = former
      return
    }
    self = try Self.open(options, workers, .new)
  }

  private var interfaces: [UInt32] {
    let entries = UnsafeMutableRawPointer(tables.root).advanced(by: Int(SLUICE_ROOT_INTERFACES))
      .assumingMemoryBound(to: sluice_interface.self)
    return (0..<Int(SLUICE_INTERFACES)).map { entries[$0].ifindex }.filter { $0 != 0 }
  }

  private init(
    tables: TableMemory,
    flows: [FlowTable],
    kernel: steering_maps,
    descriptors: [Int32],
    isTakenOver: Bool
  ) {
    self.tables = tables
    self.flows = flows
    self.kernel = kernel
    self.descriptors = descriptors
    self.isTakenOver = isTakenOver
  }

  private static func open(_ options: EngineOptions, _ workers: Int, _ source: MapSource) throws(EngineFailure) -> Self {
    let capacity = options.capacity
    var opened = MapSet(source: source)
    let root: UnsafeMutablePointer<sluice_root> = try opened.table("sl_root", count: 1)
    if source.isFormer {
      guard root.pointee.layout == UInt32(SLUICE_LAYOUT), root.pointee.slot_capacity == UInt32(capacity.slots) else {
        throw EngineFailure("the tables of the previous daemon have another layout")
      }
    }
    let tables = TableMemory(
      root: root,
      slots: try opened.table("sl_slots", count: 2 * capacity.slots),
      services: try opened.table("sl_services", count: 2 * capacity.services),
      servers: try opened.table("sl_servers", count: 2 * capacity.servers),
      rings: try opened.table("sl_rings", count: 2 * capacity.ringSlots, elements: Int(SLUICE_RING_BLOCK)),
      paths: try opened.table("sl_paths", count: capacity.servers),
      capacity: capacity
    )
    let counters = try opened.map("sl_steered") { steering_make_counters($0, UInt32(SLUICE_STEER_COUNTERS)) }
    let sockets = try opened.map("sl_sockets") { steering_make_sockets($0, UInt32(SLUICE_INTERFACES * SLUICE_QUEUES)) }
    var flows: [FlowTable] = []
    for worker in 0..<workers {
      flows.append(
        FlowTable(buckets: try opened.table("sl_flows_\(worker)", count: options.flowBuckets), count: options.flowBuckets)
      )
    }
    root.pointee.slot_capacity = UInt32(capacity.slots)
    root.pointee.layout = UInt32(SLUICE_LAYOUT)
    let kernel = steering_maps(root: opened.descriptors[0], slots: opened.descriptors[1], sockets: sockets, counters: counters)
    return Self(tables: tables, flows: flows, kernel: kernel, descriptors: opened.take(), isTakenOver: source.isFormer)
  }

  /// Sum over all CPUs, by `SLUICE_STEER_*`.
  static func steered(_ counters: Int32, _ index: Int) -> UInt64 {
    var sum: UInt64 = 0
    return steering_read_counter(counters, UInt32(index), &sum) == 0 ? sum : 0
  }

  // The mappings stay: workers, control thread and metrics read them until the process ends.
  deinit {
    for descriptor in descriptors { close(descriptor) }
  }
}

/// Where maps come from.
private enum MapSource {
  case new
  /// Those that the steering program on this interface holds.
  case interface(UInt32)

  var isFormer: Bool {
    if case .interface = self { true } else { false }
  }
}

/// Maps opened one after the other; gives all of them back if a later one fails.
private struct MapSet: ~Copyable {
  let source: MapSource
  private(set) var descriptors: [Int32] = []

  init(source: MapSource) { self.source = source }

  deinit {
    for descriptor in descriptors { close(descriptor) }
  }

  mutating func take() -> [Int32] {
    defer { descriptors = [] }
    return descriptors
  }

  mutating func map(_ name: String, _ make: (String) -> Int32) throws(EngineFailure) -> Int32 {
    let descriptor =
      switch source {
      case .new: make(name)
      case .interface(let index): steering_find_map(index, SteeringMaps.program, name)
      }
    if descriptor == -EPERM {
      throw EngineFailure("no permission to create BPF maps: run as root, or with CAP_BPF and CAP_NET_ADMIN")
    }
    guard descriptor >= 0 else { throw EngineFailure("can't create the map \(name): \(EngineFailure.words(descriptor))") }
    descriptors.append(descriptor)
    return descriptor
  }

  /// A table of `count` elements of type T, in map elements of `elements` each, mapped into the process.
  mutating func table<T>(_ name: String, count: Int, elements: Int = 1) throws(EngineFailure) -> UnsafeMutablePointer<T> {
    let value = MemoryLayout<T>.stride * elements
    let entries = (count + elements - 1) / elements
    let map = try map(name) { steering_make_table($0, UInt32(value), UInt32(entries)) }
    var found: (value: UInt32, entries: UInt32) = (0, 0)
    guard steering_map_size(map, &found.value, &found.entries) == 0, found == (UInt32(value), UInt32(entries)) else {
      throw EngineFailure("the map \(name) of the previous daemon has another size")
    }
    let bytes = value * entries
    var error: Int32 = 0
    guard let memory = steering_map_memory(map, bytes, &error) else {
      throw EngineFailure(
        "no memory for the \(bytes >> 20) MiB of \(name): \(EngineFailure.words(error)); lower `director.limits` or `director.flows`"
      )
    }
    return memory.bindMemory(to: T.self, capacity: count)
  }
}
