import ABI
import CTwin
import Forwarding
import Model
import Reconciler

/// The C twin, with its own tables and flow table, built like the director's.
struct BenchTwin: ~Copyable {
  private let built: BenchTables
  private let flows: FlowTable
  private let counters: Counters
  private let twin: UnsafeMutablePointer<twin>
  private let tables: UnsafeMutablePointer<twin_tables>
  private let verdicts: UnsafeMutablePointer<twin_verdict>

  init(servers: Int, method: BenchMethod) throws {
    precondition(
      MemoryLayout<Frame>.stride == MemoryLayout<twin_frame>.stride
        && MemoryLayout<ServerCounters>.stride == MemoryLayout<twin_counters>.stride
        && MemoryLayout<ServerLoad>.stride == MemoryLayout<twin_load>.stride,
      "the twin's records are laid out as Forwarding's"
    )
    built = try BenchTables(servers: servers, method: method)
    flows = .allocate(buckets: BenchDirector.buckets)
    counters = .allocate(serverCapacity: built.serverCapacity)
    twin = .allocate(capacity: 1)
    UnsafeMutableRawPointer(twin).initializeMemory(as: UInt8.self, repeating: 0, count: MemoryLayout<twin>.stride)
    twin.pointee.buckets = flows.buckets
    twin.pointee.connections = flows.connections
    twin.pointee.displaced = flows.displaced
    twin.pointee.mask = flows.mask
    twin.pointee.servers = UnsafeMutableRawPointer(counters.servers).assumingMemoryBound(to: twin_counters.self)
    twin.pointee.loads = UnsafeMutableRawPointer(counters.loads).assumingMemoryBound(to: twin_load.self)
    tables = .allocate(capacity: 1)
    tables.initialize(
      to: twin_tables(
        half: built.tables.half,
        slots: built.tables.slots,
        services: built.tables.services,
        servers: built.tables.servers,
        rings: built.tables.rings,
        members: built.tables.members
      )
    )
    verdicts = .allocate(capacity: Forwarder.batch)
  }

  deinit {
    twin.deallocate()
    tables.deallocate()
    verdicts.deallocate()
    flows.free()
    counters.free()
  }

  /// Processes all frames once, in batches of 64.
  func process(_ arena: borrowing FrameArena) {
    let frames = UnsafeRawPointer(arena.frames).assumingMemoryBound(to: twin_frame.self)
    var index = 0
    while index < arena.count {
      twin_process(twin, frames + index, Int32(Forwarder.batch), tables, 1000, verdicts)
      index &+= Forwarder.batch
    }
  }

  func forget() { flows.forget(counters) }
  var withoutEntry: Int { Int(twin.pointee.full) }
  var received: Int { Int(twin.pointee.received) }
  var forwarded: Int { Int(twin.pointee.outcomes.0) }
}
