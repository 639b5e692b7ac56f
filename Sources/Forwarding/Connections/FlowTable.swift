import ABI
import Packet

/// The flows of one worker: buckets of four entries, a cache line each.
///
/// Model. A flow's 64-bit keyed hash is both its place and its name: the low bits choose the one bucket it can be in, all of them are
/// the tag it is known by. No address is stored, so an entry is 16 bytes for either family; two flows would have to share 64 keyed bits
/// to share a server. An entry is free when its tag is 0 or its state's timeout has passed: nobody sweeps.
// Sendable: the worker writes, the control thread only reads (to count flows), and takes each entry as a moment's picture.
package struct FlowTable: @unchecked Sendable {
  package let buckets: UnsafeMutablePointer<sluice_bucket>
  /// Buckets, a power of two, minus 1.
  package let mask: UInt64

  package init(buckets: UnsafeMutablePointer<sluice_bucket>, count: Int) {
    precondition(count > 0 && count & (count - 1) == 0, "a flow table has a power of two of buckets")
    self.buckets = buckets
    self.mask = UInt64(count - 1)
  }

  /// Zeroed plain memory for tests, `replay` and benchmarks; never given back.
  package static func allocate(buckets count: Int) -> FlowTable {
    let bytes = count * MemoryLayout<sluice_bucket>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return FlowTable(buckets: memory.bindMemory(to: sluice_bucket.self, capacity: count), count: count)
  }
}
