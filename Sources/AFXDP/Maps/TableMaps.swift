import ABI
import CXDP
import Forwarding

/// The maps that hold the shared tables; closing the object unmaps and closes them. Larger ones can replace them while the program runs
/// (`enlarged`).
final class TableMaps {
  let tables: TableMemory
  private let maps: MapSet

  /// Opens or creates all maps.
  ///
  /// - Parameter capacity: of new maps; nil: read from the root of a previous daemon.
  init(_ source: MapSource, _ capacity: TableCapacity?) throws(EngineFailure) {
    let maps = MapSet(source: source)
    let root: UnsafeMutablePointer<sluice_root> = try maps.table("sl_root", count: 1)
    if source.isFormer, root.pointee.layout != UInt32(SLUICE_LAYOUT) {
      throw EngineFailure(
        "the tables of the former daemon have layout \(root.pointee.layout), this version's is \(SLUICE_LAYOUT)"
      )
    }
    let capacity = capacity ?? TableCapacity(root.pointee)
    let block = Int(SLUICE_RING_BLOCK)
    tables = TableMemory(
      root: root,
      slots: try maps.table("sl_slots", count: 2 * capacity.slots),
      services: try maps.table("sl_services", count: 2 * capacity.services),
      servers: try maps.table("sl_servers", count: 2 * capacity.servers),
      owners: try maps.table("sl_owners", count: 2 * capacity.servers),
      rings: try maps.table("sl_rings", count: capacity.ringSlots, elements: block),
      members: try maps.table("sl_members", count: capacity.members, elements: block),
      paths: try maps.table("sl_paths", count: capacity.servers),
      capacity: capacity
    )
    self.maps = maps
    if !source.isFormer {
      tables.stampCapacity()
      root.pointee.layout = UInt32(SLUICE_LAYOUT)
    }
  }

  /// Creates new maps of another size that hold the same tables.
  func enlarged(to capacity: TableCapacity) throws(EngineFailure) -> TableMaps {
    let larger = try TableMaps(.new, capacity)
    tables.copy(to: larger.tables)
    return larger
  }

  /// The root map, which the program reads.
  var root: Int32 { maps.descriptors[0] }
  var slots: Int32 { maps.descriptors[1] }

  /// Descriptors for the program to hold.
  var descriptors: [Int32] { maps.descriptors }
}

extension TableCapacity {
  init(_ root: sluice_root) {
    self.init(
      slots: Int(root.slot_capacity),
      services: Int(root.service_capacity),
      servers: Int(root.server_capacity),
      ringSlots: Int(root.ring_capacity),
      members: Int(root.member_capacity)
    )
  }
}
