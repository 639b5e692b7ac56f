import ABI

/// Packets and bytes that one worker sent to one real server: what every forwarded packet touches, four servers a cache line.
package struct ServerCounters {
  package var packets: UInt64 = 0
  /// Bytes of IP, headers included, as LVS counts them.
  package var bytes: UInt64 = 0
}

/// One worker's counters. The worker alone writes, with plain stores; anybody may read at any time and sees each value a moment old.
// Sendable because of that rule; read-modify-write atomics were rejected: they cost more than the packet's hash.
package struct Counters: @unchecked Sendable {
  /// By `Outcome.rawValue`.
  package let outcomes: UnsafeMutablePointer<UInt64>
  package let received: UnsafeMutablePointer<UInt64>
  /// New flows that found no place in the flow table and go by the hash alone. Nonzero means the table is too small for the traffic.
  package let flowTableFull: UnsafeMutablePointer<UInt64>
  /// Frames held at this moment, waiting for the first fragment of their datagram. Not a sum: it goes up and down.
  package let held: UnsafeMutablePointer<UInt64>
  /// Flow entries that exist at this moment, expired ones that ageing has not reached included. Goes up and down.
  package let flows: UnsafeMutablePointer<UInt64>
  /// Entries given up before their time: unconfirmed ones that yielded to a newer flow. Nonzero means first packets without a second
  /// (a flood, or UDP queries) have filled some buckets; normal in front of name servers.
  package let evicted: UnsafeMutablePointer<UInt64>
  /// Entries that ageing removed after their timeout. Nonzero is normal.
  package let expired: UnsafeMutablePointer<UInt64>
  /// Live entries moved to their other bucket to make room for a new flow. Nonzero means the table is over about two thirds full.
  package let displaced: UnsafeMutablePointer<UInt64>
  /// By index into the servers table.
  package let servers: UnsafeMutablePointer<ServerCounters>
  /// By the same index.
  package let loads: UnsafeMutablePointer<ServerLoad>
  package let serverCapacity: Int

  /// Words before the outcomes; the outcomes take the rest of `words`.
  private static let heads = 16
  private static let words = 64

  /// Bytes of a worker's counters for so many servers.
  package static func size(serverCapacity: Int) -> Int {
    words * MemoryLayout<UInt64>.stride + serverCapacity * (MemoryLayout<ServerCounters>.stride + MemoryLayout<ServerLoad>.stride)
  }

  /// Over zeroed memory of `size` bytes, 64-byte aligned, which outlives every copy of this struct.
  package init(zeroed memory: UnsafeMutableRawPointer, serverCapacity: Int) {
    let words = memory.bindMemory(to: UInt64.self, capacity: Self.words)
    received = words
    flowTableFull = words + 1
    held = words + 2
    flows = words + 3
    evicted = words + 4
    expired = words + 5
    displaced = words + 6
    outcomes = words + Self.heads
    let loads = memory + Self.words * MemoryLayout<UInt64>.stride
    self.loads = loads.bindMemory(to: ServerLoad.self, capacity: serverCapacity)
    let servers = loads + serverCapacity * MemoryLayout<ServerLoad>.stride
    self.servers = servers.bindMemory(to: ServerCounters.self, capacity: serverCapacity)
    self.serverCapacity = serverCapacity
  }

  /// In memory of its own, for tests, `replay` and benchmarks.
  package static func allocate(serverCapacity: Int) -> Counters {
    let bytes = size(serverCapacity: serverCapacity)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return Counters(zeroed: memory, serverCapacity: serverCapacity)
  }

  /// Gives back what `allocate` made.
  package func free() { UnsafeMutableRawPointer(received).deallocate() }
}
