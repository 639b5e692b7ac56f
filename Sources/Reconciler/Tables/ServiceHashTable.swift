import ABI
import Forwarding
import Model
import Netlink

/// The open-addressed table {address, port, protocol} -> service before it is written.
///
/// A reader looks at `SLUICE_PROBES` slots from a key's home on and stops at a free one. So that everybody is within that bound, a key
/// that is farther from home than another takes its place (Robin Hood hashing, Celis 1986): first come, first served would
/// break the bound at a quarter of the load.
struct ServiceHashTable {
  struct Entry {
    let address: IPAddress
    /// Host order.
    let port: UInt16
    let protocolNumber: UInt8
    let value: UInt32
    /// SLUICE_SLOT_*.
    var flags: UInt8 = 0

    var hash: UInt32 { address.slotHash(port: port, protocolNumber: protocolNumber) }
  }

  let entries: [Entry?]
  var mask: UInt32 { UInt32(entries.count - 1) }

  /// - Parameters:
  ///   - live: those with a live server.
  ///   - tunnels: their indices.
  ///   - limit: slots there are, a power of two.
  init(services: [ServiceKey: Int], live: Set<ServiceKey>, tunnels: [TunnelTable.Key: UInt16] = [:], limit: Int)
    throws(TableBuildError)
  {
    let vips = Dictionary(grouping: services.keys, by: \.address)
    var keys = vips.map { address, services in
      var flags = services.contains(where: live.contains) ? UInt8(SLUICE_SLOT_LIVE) : 0
      if services.contains(where: { $0.protocol == .tcp }) { flags |= UInt8(SLUICE_SLOT_TCP) }
      if services.contains(where: { $0.protocol == .udp }) { flags |= UInt8(SLUICE_SLOT_UDP) }
      return Entry(address: address, port: 0, protocolNumber: 0, value: UInt32(services.count), flags: flags)
    }
    keys += services.map { Entry(address: $0.address, port: $0.port, protocolNumber: $0.protocol.rawValue, value: UInt32($1)) }
    keys += tunnels.map {
      Entry(address: $0.address, port: $0.port, protocolNumber: UInt8(SLUICE_SLOT_TUNNEL), value: UInt32($1))
    }
    // Dictionaries have no order, but directors of a fleet and tests want the same bytes from the same table.
    let hashed = keys.map { (entry: $0, hash: $0.hash) }.sorted {
      ($0.hash, $0.entry.protocolNumber, $0.entry.value) < ($1.hash, $1.entry.protocolNumber, $1.entry.value)
    }
    var count = min(64, limit)
    while count < limit && count < keys.count * 4 { count *= 2 }
    while count <= limit {
      if let placed = Self.place(hashed, in: count) {
        entries = placed
        return
      }
      count *= 2
    }
    throw .slotsFull(keys: keys.count, slots: limit)
  }

  /// Nil when a key would be out of reach.
  private static func place(_ keys: [(entry: Entry, hash: UInt32)], in count: Int) -> [Entry?]? {
    guard keys.count < count else { return nil }
    var slots: [(entry: Entry, hash: UInt32)?] = Array(repeating: nil, count: count)
    for key in keys {
      var carried = key
      var distance = 0
      var slot = Int(key.hash) & (count - 1)
      while let resident = slots[slot] {
        let hisDistance = (slot - Int(resident.hash)) & (count - 1)
        if hisDistance < distance {
          slots[slot] = carried
          carried = resident
          distance = hisDistance
        }
        slot = (slot + 1) & (count - 1)
        distance += 1
        if distance >= Int(SLUICE_PROBES) { return nil }
      }
      slots[slot] = carried
    }
    return slots.map { $0?.entry }
  }

  func write(to tables: Tables) {
    for (slot, entry) in entries.enumerated() {
      var written = sluice_slot()
      written.service = entry?.value ?? UInt32(SLUICE_NO_SERVICE)
      if let entry {
        written.address = entry.address.tuple
        written.port_be = entry.port.bigEndian
        written.protocol = entry.protocolNumber
        written.flags = entry.flags
      }
      tables.slots[slot] = written
    }
    tables.half.pointee.slot_mask = mask
    withUnsafeMutableBytes(of: &tables.half.pointee.vip_filter) { filter in
      let words = filter.bindMemory(to: UInt64.self)
      for word in words.indices { words[word] = 0 }
      for case let entry? in entries where entry.protocolNumber == 0 {
        let bit = Int(entry.hash & UInt32(words.count * 64 - 1))
        words[bit >> 6] |= 1 << UInt64(bit & 63)
      }
    }
  }
}
