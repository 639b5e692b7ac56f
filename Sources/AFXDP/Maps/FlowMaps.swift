import ABI
import CXDP
import Forwarding

/// The maps of one worker's flow table; closing the object unmaps and closes them.
final class FlowMaps {
  let flows: FlowTable
  /// Whether it holds a previous daemon's flows.
  var isFormer: Bool
  private let maps: MapSet

  init(_ source: MapSource, worker: Int, buckets: Int) throws(EngineFailure) {
    let maps = MapSet(source: source)
    let entries: UnsafeMutablePointer<sluice_bucket> = try maps.table("sl_flows_\(worker)", count: buckets, isPopulated: true)
    // First the connections of each bucket's four entries, for all buckets; after them the prefixes.
    let perBucket = 4 * (MemoryLayout<sluice_connection>.stride + MemoryLayout<UInt64>.stride)
    let connections: UnsafeMutablePointer<UInt8> = try maps.table(
      "sl_conns_\(worker)",
      count: perBucket * buckets,
      elements: perBucket,
      isPopulated: true
    )
    flows = FlowTable(
      buckets: entries,
      connections: UnsafeMutableRawPointer(connections),
      // Private to the worker, so it is not in a map.
      displaced: try ZeroedPages.map(buckets).bindMemory(to: UInt8.self, capacity: buckets),
      count: buckets
    )
    isFormer = source.isFormer
    self.maps = maps
  }

  /// Descriptors for the steering program to hold.
  var descriptors: [Int32] { maps.descriptors }
}

/// Anonymous memory; the kernel zeroes each page when it is first touched. Never freed: workers, counters and reports read it as long as the
/// process lives.
enum ZeroedPages {
  static func map(_ bytes: Int) throws(EngineFailure) -> UnsafeMutableRawPointer {
    var (huge, error): (Int32, Int32) = (0, 0)
    guard let memory = sockets_make_area(max(bytes, 1), &huge, &error) else {
      throw EngineFailure("no memory for \(bytes >> 20) MiB: \(EngineFailure.words(error))")
    }
    return memory
  }
}
