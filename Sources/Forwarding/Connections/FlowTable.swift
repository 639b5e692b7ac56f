import ABI

/// The flows of one worker: buckets of four entries, one cache line each. Beside each entry: the flow's connection.
///
/// Model: a flow's 64-bit keyed hash is its tag, and it determines the flow's two buckets. A new flow goes to its first bucket, or to the
/// second if the first holds four live flows. For each bucket, `displaced` counts the flows that have it as their first bucket but are stored
/// in their second. After a miss in the first bucket it tells without a cache miss whether to search the second: known flows in their first
/// bucket pay nothing, unknown ones the load of a byte. The table fills to over nine tenths before a flow finds no place; with one bucket per
/// flow 3.7 % found none at half load.
///
/// The entry holds no address, which keeps it at 16 bytes for both families; two flows share a server by mistake only if 64 keyed bits are
/// equal. Addresses and ports are in separate arrays, written once when the entry is made and never read on the packet path.
///
/// An entry is free when its tag is 0. An expired entry counts as free when its place is needed; ageing (`FlowTable+Ageing.swift`) removes
/// the others, so that live counts stay right without lookups.
///
/// Rejected: connections in the same page as their entries, which saved new flows a page table walk but spread known flows over 2.5 times as
/// many pages (8 ns a packet at 64 Ki flows); full cuckoo hashing, with chains of displacements of unbounded length under a flood; a third
/// bucket, which costs every unknown flow another miss.
// Sendable: the worker writes; other threads read entries word by word (`peek`) or accept an inexact snapshot.
package struct FlowTable: @unchecked Sendable {
  package let buckets: UnsafeMutablePointer<sluice_bucket>
  /// Four for each bucket, in the entries' order.
  package let connections: UnsafeMutablePointer<sluice_connection>
  /// First halves of IPv6 clients' addresses, in the same order. Undefined for an IPv4 flow.
  package let prefixes: UnsafeMutablePointer<UInt64>
  /// One byte for each bucket. Private to the worker, not shared: rebuilt from the entries when a table is taken over.
  package let displaced: UnsafeMutablePointer<UInt8>
  /// Number of buckets, a power of two, minus 1.
  package let mask: UInt64

  /// - Parameters:
  ///   - connections: memory for a connection and then a prefix for each entry, 96 bytes a bucket, aligned to 64.
  ///   - displaced: a zeroed byte for each bucket.
  package init(
    buckets: UnsafeMutablePointer<sluice_bucket>,
    connections: UnsafeMutableRawPointer,
    displaced: UnsafeMutablePointer<UInt8>,
    count: Int
  ) {
    precondition(count > 0 && count & (count - 1) == 0, "a flow table has a power of two of buckets")
    self.buckets = buckets
    self.connections = connections.assumingMemoryBound(to: sluice_connection.self)
    self.prefixes = (connections + 4 * count * MemoryLayout<sluice_connection>.stride).assumingMemoryBound(to: UInt64.self)
    self.displaced = displaced
    self.mask = UInt64(count - 1)
  }

  package var bucketCount: Int { Int(mask) + 1 }

  /// Entry, connection and prefix.
  package static var bytesPerEntry: Int {
    MemoryLayout<sluice_flow>.stride + MemoryLayout<sluice_connection>.stride + MemoryLayout<UInt64>.stride
  }

  /// Zeroed plain memory for tests, `replay` and benchmarks; release it with `free`.
  package static func allocate(buckets count: Int) -> FlowTable {
    func zeroed<T>(_ count: Int, _: T.Type) -> UnsafeMutablePointer<T> {
      let bytes = count * MemoryLayout<T>.stride
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      return memory.bindMemory(to: T.self, capacity: count)
    }
    return FlowTable(
      buckets: zeroed(count, sluice_bucket.self),
      connections: UnsafeMutableRawPointer(zeroed(count * 12, UInt64.self)),
      displaced: zeroed(count, UInt8.self),
      count: count
    )
  }

  package func free() {
    UnsafeMutableRawPointer(buckets).deallocate()
    UnsafeMutableRawPointer(connections).deallocate()
    UnsafeMutableRawPointer(displaced).deallocate()
  }
}
