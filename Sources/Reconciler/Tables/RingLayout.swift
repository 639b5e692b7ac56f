import ABI
import Forwarding
import Model
import Netlink

/// Where every service's Maglev ring lies in the arena, one after the other.
struct RingLayout {
  /// By the position of the service in the table; nil for a service without a server on its ring.
  let starts: [Int?]
  /// Slots of the arena in use.
  let used: Int

  init(sizes: [Int?], limit: Int) throws(TableBuildError) {
    var used = 0
    starts = sizes.map { size in
      guard let size else { return nil }
      defer { used += size }
      return used
    }
    self.used = used
    guard used <= limit else { throw .ringsTooLarge(needed: used, limit: limit) }
  }
}

/// The rings in force, to be copied where nothing that decides them has changed: a new next hop for one server of one service must not
/// cost the filling of a thousand rings.
struct ActiveRings {
  private let tables: Tables
  private let arena: Int
  /// Above it lie leftovers of generations that were built and never came into force.
  private let serverLimit: Int
  /// Servers on the ring, by service index.
  private var onRing: [Int: Int] = [:]

  init(_ tables: Tables, serverLimit: Int, ringSlots: Int) {
    self.tables = tables
    arena = ringSlots
    self.serverLimit = serverLimit
    for index in 0..<serverLimit where tables.servers[index].isOnRing {
      onRing[Int(tables.servers[index].service), default: 0] += 1
    }
  }

  /// The ring of this service if it is the one that these servers (all on the ring) would get: same size, same servers at the same
  /// indices, same weights.
  func ring(of service: Int, size: Int, servers: [(index: Int, entry: sluice_server)]) -> UnsafeMutablePointer<UInt16>? {
    guard service < Int(tables.half.pointee.service_count), onRing[service] == servers.count else { return nil }
    let former = tables.services[service]
    guard Int(former.ring_size) == size, Int(former.ring_start) + size <= arena else { return nil }
    for (index, entry) in servers {
      guard index < serverLimit else { return nil }
      let old = tables.servers[index]
      // The same incarnation at the same index is the same address of the same service.
      guard old.isOnRing, old.incarnation == entry.incarnation, old.weight == entry.weight, Int(old.service) == service else {
        return nil
      }
    }
    return tables.rings + Int(former.ring_start)
  }
}
