import ABI
import Forwarding
import Model

/// Reconstructs the layout of tables that a previous daemon left, so that servers keep their indices and rings their places.
extension TableLayout {
  /// - Returns: nil when the tables are inconsistent; their memory is then used as if it were new.
  init?(adopting memory: TableMemory) {
    self.init(capacity: memory.capacity)
    let (tables, owners) = (memory.inForce(), memory.owners(ofHalf: memory.activeHalf))
    guard tables.half.pointee.generation > 0, Int(tables.half.pointee.slot_mask) < memory.capacity.slots,
      Int(tables.half.pointee.service_count) <= memory.capacity.services,
      Int(tables.half.pointee.server_limit) <= memory.capacity.servers
    else { return nil }
    guard adoptServices(tables), adoptServers(tables, owners) else { return nil }
    slots = SlotTable(adopting: tables)
    for vip in vips.keys {
      let bit = Int(SlotTable.Key.vip(vip).hash) & (filter.count - 1)
      filter[bit] += 1
    }
  }

  private mutating func adoptServices(_ tables: Tables) -> Bool {
    let count = Int(tables.half.pointee.service_count)
    var freed: [Int] = []
    for index in 0..<count {
      let record = tables.services[index]
      guard let key = ServiceKey(record) else {
        freed.append(index)
        continue
      }
      var service = Service(index: index, digest: record.ring_digest)
      service.isLive = record.flags & UInt8(SLUICE_SERVICE_LIVE) != 0
      service.hasPersistence = record.persistence > 0
      if service.hasPersistence { persistentServices += 1 }
      if record.ring_size > 0 {
        let ring = Span(start: Int(record.ring_start), count: Int(record.ring_size))
        guard rings.claim(start: ring.start, count: ring.count) else { return false }
        service.ring = ring
      }
      if record.member_count > 0 {
        let members = Span(start: Int(record.member_start), count: Int(record.member_count))
        guard self.members.claim(start: members.start, count: members.count) else { return false }
        service.members = members
      }
      guard services.updateValue(service, forKey: key) == nil else { return false }
      vips[key.address, default: VIP()].count(key.protocol, live: service.isLive)
    }
    serviceIndices = IndexAllocator(
      capacity: serviceIndices.capacity,
      incarnationMask: serviceIndices.incarnationMask,
      incarnations: [UInt16](repeating: 0, count: count),
      freed: freed
    )
    return true
  }

  private mutating func adoptServers(_ tables: Tables, _ owners: UnsafeMutablePointer<sluice_owner>) -> Bool {
    let limit = Int(tables.half.pointee.server_limit)
    let keys = Dictionary(services.map { ($1.index, $0) }, uniquingKeysWith: { first, _ in first })
    var freed: [(index: Int, generation: UInt64)] = []
    for index in 0..<limit {
      let record = tables.servers[index]
      guard record.isPresent else {
        freed.append((index, owners[index].freed))
        continue
      }
      guard let key = keys[Int(owners[index].service)] else { return false }
      let address = IPAddress(record.address)
      let place = Place(index: index, incarnation: record.incarnation)
      let id = ServerAddress(address, port: owners[index].port)
      guard services[key]?.servers.updateValue(place, forKey: id) == nil else { return false }
      if Int(tables.services[Int(owners[index].service)].scheduler) == SLUICE_SCHEDULER_MH {
        services[key]?.lastWeights[id] = Int(owners[index].last_weight)
      }
      guard Int(record.method) != SLUICE_DIRECT else { continue }
      let port = Int(record.method) == SLUICE_GUE ? UInt16(bigEndian: record.tunnel_port_be) : 0
      let user = TunnelUser(index: index, service: Int(owners[index].service), port: port)
      tunnels[address, default: Tunnel(user)].add(user)
      tunnels[address]?.name = Int(record.tunnel)
    }
    freed.sort { ($0.generation, $0.index) < ($1.generation, $1.index) }
    serverIndices = IndexAllocator(
      capacity: serverIndices.capacity,
      incarnationMask: serverIndices.incarnationMask,
      incarnations: (0..<limit).map { tables.servers[$0].incarnation },
      freed: freed.map(\.index)
    )
    return true
  }
}

extension TableLayout.VIP {
  fileprivate mutating func count(_ protocol: ServiceProtocol, live: Bool) {
    if `protocol` == .tcp { tcp += 1 } else { udp += 1 }
    if live { self.live += 1 }
  }
}
