import ABI

/// Packets and bytes that one worker sent to one real server. Updated for every forwarded packet; four servers share a cache line.
package struct ServerCounters {
  package var packets: UInt64 = 0
  /// Bytes of IP packets, headers included, as LVS counts them.
  package var bytes: UInt64 = 0
}

/// One worker's counters. Only the worker writes, with plain stores; any thread may read at any time and sees slightly old values.
// Sendable because of that rule. Atomic read-modify-write was rejected: it costs more than the packet's hash.
package struct Counters: @unchecked Sendable {
  /// By `Outcome.rawValue`.
  package let outcomes: UnsafeMutablePointer<UInt64>
  package let received: UnsafeMutablePointer<UInt64>
  /// New flows without a place in the flow table, forwarded by their hash alone. Nonzero means the table is too small for the traffic.
  package let flowTableFull: UnsafeMutablePointer<UInt64>
  /// The flows that were counted there lately, by their hash: each packet of such a flow finds no place again.
  private let withoutEntry: UnsafeMutablePointer<UInt64>
  /// Frames being held until the first fragment of their datagram arrives. A gauge.
  package let held: UnsafeMutablePointer<UInt64>
  /// Existing flow entries, including expired ones that ageing has not reached. A gauge.
  package let flows: UnsafeMutablePointer<UInt64>
  /// Unconfirmed entries replaced by a newer flow before their timeout. Nonzero means first packets without a second one (a flood, or UDP
  /// queries) have filled some buckets; normal in front of name servers.
  package let evicted: UnsafeMutablePointer<UInt64>
  /// Idle entries of flows with little traffic that yielded to newer ones in a full table; see `FlowTable+Places.swift`.
  package let pressed: UnsafeMutablePointer<UInt64>
  /// Packets with an unfinished TCP or UDP checksum that was completed. Nonzero where clients are behind veth pairs.
  package let completed: UnsafeMutablePointer<UInt64>
  /// Entries that ageing removed after their timeout. Nonzero is normal.
  package let expired: UnsafeMutablePointer<UInt64>
  /// Live entries moved to their other bucket to make room for a new flow. Nonzero means the table is over about two thirds full.
  package let displaced: UnsafeMutablePointer<UInt64>
  /// By index into the servers table.
  package let servers: UnsafeMutablePointer<ServerCounters>
  /// By index into the servers table.
  package let loads: UnsafeMutablePointer<ServerLoad>
  package let serverCapacity: Int
  /// What the schedulers that choose by connections or by turns know.
  package let schedulers: SchedulerState

  /// Words before the outcomes; the outcomes take the rest of `words`.
  private static let heads = 16
  private static let words = 64
  private static var remembered: Int {
    @inline(__always) @_noLocks get { 1024 }
  }

  /// Bytes of a worker's counters for this number of servers.
  ///
  /// - Parameter members: places of the member arena.
  package static func size(serverCapacity: Int, members: Int? = nil) -> Int {
    (words + remembered) * MemoryLayout<UInt64>.stride + serverCapacity
      * (MemoryLayout<ServerCounters>.stride + MemoryLayout<ServerLoad>.stride)
      + SchedulerState.size(
        servers: serverCapacity,
        places: members ?? SchedulerState.places(servers: serverCapacity)
      )
  }

  /// Uses zeroed memory of `size` bytes, 64-byte aligned, which must outlive every copy of this struct.
  package init(zeroed memory: UnsafeMutableRawPointer, serverCapacity: Int, members: Int? = nil) {
    let words = memory.bindMemory(to: UInt64.self, capacity: Self.words)
    received = words
    flowTableFull = words + 1
    held = words + 2
    flows = words + 3
    evicted = words + 4
    expired = words + 5
    displaced = words + 6
    pressed = words + 7
    completed = words + 8
    outcomes = words + Self.heads
    withoutEntry = (memory + Self.words * MemoryLayout<UInt64>.stride).bindMemory(to: UInt64.self, capacity: Self.remembered)
    let loads = memory + (Self.words + Self.remembered) * MemoryLayout<UInt64>.stride
    self.loads = loads.bindMemory(to: ServerLoad.self, capacity: serverCapacity)
    let servers = loads + serverCapacity * MemoryLayout<ServerLoad>.stride
    self.servers = servers.bindMemory(to: ServerCounters.self, capacity: serverCapacity)
    self.serverCapacity = serverCapacity
    let schedulers = servers + serverCapacity * MemoryLayout<ServerCounters>.stride
    self.schedulers = SchedulerState(
      zeroed: schedulers,
      servers: serverCapacity,
      places: members ?? SchedulerState.places(servers: serverCapacity)
    )
  }

  /// Allocates its own memory, for tests, `replay` and benchmarks.
  package static func allocate(serverCapacity: Int, members: Int? = nil) -> Counters {
    let bytes = size(serverCapacity: serverCapacity, members: members)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return Counters(zeroed: memory, serverCapacity: serverCapacity, members: members)
  }

  /// Counts a flow that found no place, once as long as no other of a thousand has the same low bits.
  @inline(__always) @_noLocks
  func countWithoutEntry(_ hash: UInt64) {
    let place = withoutEntry + Int(truncatingIfNeeded: hash & UInt64(truncatingIfNeeded: Self.remembered &- 1))
    guard place.pointee != hash else { return }
    place.pointee = hash
    flowTableFull.pointee &+= 1
  }

  /// Frees what `allocate` allocated.
  package func free() { UnsafeMutableRawPointer(received).deallocate() }
}
