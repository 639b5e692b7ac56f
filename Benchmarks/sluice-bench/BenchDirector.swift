import ABI
import Forwarding
import Model
import Packet
import Reconciler

/// The forwarder of one worker over plain memory, with its flow table.
struct BenchDirector: ~Copyable {
  /// Maximum number of entries for each flow, of 40 bytes each with the connection.
  static let entriesPerFlow = 2
  static let largest = 1 << 20
  static var buckets: Int { largest * entriesPerFlow / 4 }

  private let built: BenchTables
  private let flows: FlowTable
  private let counters: Counters
  private let forwarder: Forwarder
  private let verdicts: UnsafeMutablePointer<Verdict>
  /// Spare frames for fragments of oversize packets.
  private let spares: UnsafeMutableRawPointer

  init(servers: Int, method: BenchMethod, configure: (inout VirtualService) -> Void = { _ in }) throws {
    built = try BenchTables(servers: servers, method: method, configure: configure)
    flows = .allocate(buckets: Self.buckets)
    counters = .allocate(serverCapacity: built.serverCapacity)
    forwarder = Forwarder(flows: flows, counters: counters, spareSize: FrameArena.chunk)
    spares = .allocate(byteCount: OutputFragments.capacity * FrameArena.chunk, alignment: 64)
    for index in 0..<OutputFragments.capacity { forwarder.outputFragments.pointee.put(spares + index * FrameArena.chunk) }
    verdicts = .allocate(capacity: Forwarder.batch)
    verdicts.initialize(
      repeating: Verdict(action: .drop, outcome: .forwarded, egress: 0, start: 0, length: 0, server: 0),
      count: Forwarder.batch
    )
  }

  deinit {
    verdicts.deallocate()
    spares.deallocate()
    flows.free()
    counters.free()
  }

  func count(_ outcome: Outcome) -> Int { Int(counters.outcomes[outcome.index]) }
  var received: Int { Int(counters.received.pointee) }
  var forwarded: Int { Int(counters.outcomes[Outcome.forwarded.index]) }
  /// Number of new flows without an entry.
  var withoutEntry: Int { Int(counters.flowTableFull.pointee) }

  /// Processes all frames once, in batches of 64.
  func process(_ arena: borrowing FrameArena, now: UInt32 = 1000) {
    var index = 0
    while index < arena.count {
      forwarder.process(arena.frames + index, count: Forwarder.batch, built.tables, now: now, into: verdicts)
      forwarder.count(verdicts, Forwarder.batch)
      // As if they were sent immediately.
      for number in 0..<forwarder.outputFragments.pointee.count {
        forwarder.outputFragments.pointee.put(forwarder.outputFragments.pointee.outputFragment(number).bytes)
      }
      index &+= Forwarder.batch
    }
  }

  func forget() { flows.forget(counters) }
}

extension FlowTable {
  /// Forgets all flows and their counts.
  func forget(_ counters: Counters) {
    UnsafeMutableRawPointer(buckets).initializeMemory(
      as: UInt8.self,
      repeating: 0,
      count: bucketCount * MemoryLayout<sluice_bucket>.stride
    )
    displaced.update(repeating: 0, count: bucketCount)
    counters.flows.pointee = 0
    for server in 0..<counters.serverCapacity { counters.loads[server] = ServerLoad() }
  }
}

/// The floor: the cost of reading and writing the frames, on this machine and at this time.
enum Floor {
  /// Swaps the MAC addresses of every frame.
  static func process(_ arena: borrowing FrameArena) {
    var index = 0
    while index < arena.count {
      let frame = arena.frames[index].bytes
      let destination = (frame.raw32(0), frame.raw16(4))
      let source = (frame.raw32(6), frame.raw16(10))
      frame.setRaw32(0, source.0)
      frame.setRaw16(4, source.1)
      frame.setRaw32(6, destination.0)
      frame.setRaw16(10, destination.1)
      index &+= 1
    }
  }
}
