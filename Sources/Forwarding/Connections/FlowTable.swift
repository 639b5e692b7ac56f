import ABI

/// The flows of one worker: buckets of four entries, a cache line each; beside each entry, who the flow is.
///
/// Model. A flow's 64-bit keyed hash is its name and its place: all of it is the tag the entry is known by, and two buckets follow from
/// it. A new flow goes to its first bucket, or, if four others live there, to its second. `displaced` counts, for each bucket, the
/// flows that call it their first and live in their second, so that a look-up that finds nothing in the first bucket knows
/// without a cache miss whether to look further: known flows in their first bucket pay nothing, unknown ones a byte. So a table
/// takes over nine tenths of its entries before a flow finds no place; one bucket a flow lost 3.7 % at half load.
///
/// The entry holds no address, which keeps it at 16 bytes in both families; two flows would have to share 64 keyed bits to share a
/// server. Address and ports are in arrays beside the buckets, written once when the entry is made and read by nobody on the packet path.
///
/// An entry is free when its tag is 0. One whose timeout has passed counts as free when its place is wanted; a slow hand
/// (`FlowTable+Ageing.swift`) removes the others, so that counts of live flows are right without anybody looking.
///
/// Rejected: connections in the page of their entries, which saved new flows a walk of the page tables, but spread known flows over 2.5
/// times as many pages (8 ns a packet at 64 Ki flows); cuckoo hashing proper, which displaces in chains (a chain of unbounded length under a flood); a third choice, which
/// costs every unknown flow another miss.
// Sendable: the worker writes; others read entries word by word (`peek`) or take them as a moment's picture.
package struct FlowTable: @unchecked Sendable {
  package let buckets: UnsafeMutablePointer<sluice_bucket>
  /// Four a bucket, in the entries' order.
  package let connections: UnsafeMutablePointer<sluice_connection>
  /// In the same order: the first halves of IPv6 clients' addresses. Of an IPv4 flow, whatever was there before.
  package let prefixes: UnsafeMutablePointer<UInt64>
  /// One a bucket. The worker's own, not shared: rebuilt from the entries when a table is taken over.
  package let displaced: UnsafeMutablePointer<UInt8>
  /// Buckets, a power of two, minus 1.
  package let mask: UInt64

  /// - Parameters:
  ///   - connections: memory for a connection and then a prefix for each entry, 96 bytes a bucket, on a multiple of 64.
  ///   - displaced: a zeroed byte a bucket.
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

  /// Zeroed plain memory for tests, `replay` and benchmarks; `free` gives it back.
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
