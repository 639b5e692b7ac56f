import ABI
import Forwarding
import Model
import Netlink

/// Which index everything of the coming generation has, given the one in force.
///
/// A server keeps its index as long as it is configured: flow entries name it by that. A free index is given away with another
/// incarnation, so that entries which still name it are seen to mean somebody else; and it is given away late, never-used ones first and
/// then the longest free, because 12 bits of incarnation come round again.
struct IndexAllocator {
  private(set) var services: [ServiceKey: Int] = [:]
  private(set) var servers: [ServerName: Int] = [:]
  private(set) var incarnations: [ServerName: UInt16] = [:]
  /// Services are below this index, with holes.
  private(set) var serviceLimit = 0
  /// Servers are below this index, with holes. Never falls, or a hole's incarnation would be forgotten.
  private(set) var serverLimit: Int

  init(_ table: ServiceTable, active: Tables, capacity: TableCapacity) throws(TableBuildError) {
    serverLimit = min(Int(active.half.pointee.server_limit), capacity.servers)
    try giveServices(table, active, limit: min(capacity.services, Int(UInt16.max)))
    try giveServers(table, active, limit: min(capacity.servers, Int(SLUICE_NO_SERVER)))
  }

  private mutating func giveServices(_ table: ServiceTable, _ active: Tables, limit: Int) throws(TableBuildError) {
    guard table.services.count <= limit else { throw .tooManyServices(needed: table.services.count, limit: limit) }
    let configured = Set(table.services.map(\.key))
    var used: Set<Int> = []
    for index in 0..<min(Int(active.half.pointee.service_count), limit) {
      guard let key = ServiceKey(active.services[index]), configured.contains(key) else { continue }
      services[key] = index
      used.insert(index)
    }
    var free = (0..<limit).lazy.filter { !used.contains($0) }.makeIterator()
    for service in table.services where services[service.key] == nil { services[service.key] = free.next() }
    serviceLimit = (services.values.max() ?? -1) + 1
  }

  private mutating func giveServers(_ table: ServiceTable, _ active: Tables, limit: Int) throws(TableBuildError) {
    let names = table.services.flatMap { service in service.everyServer.map { ServerName($0.address, of: service.key) } }
    guard names.count <= limit else { throw .tooManyServers(needed: names.count, limit: limit) }
    let configured = Set(names)
    let kept = ActiveServers(active, below: serverLimit)
    var holes: [(index: Int, freed: UInt64, incarnation: UInt16)] = []
    for index in 0..<serverLimit {
      let entry = active.servers[index]
      if let name = kept.names[index], configured.contains(name) {
        servers[name] = index
        incarnations[name] = entry.incarnation
      } else {
        holes.append((index, entry.isPresent ? .max : entry.freed, entry.incarnation))
      }
    }
    holes.sort { ($0.freed, $0.index) < ($1.freed, $1.index) }
    var next = holes[...]
    for name in names where servers[name] == nil {
      if serverLimit < limit {
        servers[name] = serverLimit
        incarnations[name] = 0
        serverLimit += 1
      } else if let hole = next.popFirst() {
        servers[name] = hole.index
        incarnations[name] = (hole.incarnation &+ 1) & 0xfff
      }
    }
  }
}

/// The servers of a generation by index.
struct ActiveServers {
  /// Nil where none is configured.
  let names: [ServerName?]

  init(_ tables: Tables, below limit: Int) {
    let services = (0..<Int(tables.half.pointee.service_count)).map { ServiceKey(tables.services[$0]) }
    names = (0..<limit).map { index in
      let entry = tables.servers[index]
      guard entry.isPresent, services.indices.contains(Int(entry.service)), let service = services[Int(entry.service)] else {
        return nil
      }
      return ServerName(IPAddress(entry.address), of: service)
    }
  }
}
