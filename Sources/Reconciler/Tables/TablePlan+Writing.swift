import ABI
import Forwarding
import Model

/// Writes a plan to the idle half, which no worker reads. Nothing here can fail.
extension TablePlan {
  /// Writes the generation. The idle half still holds the generation before the one in force, so the last generation's changes are copied
  /// first.
  ///
  /// - Parameters:
  ///   - memory: its idle half has no readers.
  ///   - last: the difference of the generation in force; nil when the content of the idle half is unknown: everything is then copied.
  func write(to memory: TableMemory, after last: TableDifference?) {
    let active = memory.activeHalf
    if let last { catchUp(with: last, memory, from: active) } else { copyAll(memory, from: active) }
    let (idle, owners) = (memory.half(1 - active), memory.owners(ofHalf: 1 - active))
    for (index, record) in services { idle.services[index] = record }
    for (index, record, owner) in servers {
      idle.servers[index] = record
      owners[index] = owner
    }
    if layout.slots.isLaidOutAnew {
      for position in 0..<layout.slots.size { idle.slots[position] = layout.slots[position]?.slot ?? .free }
    } else {
      for position in slots { idle.slots[position] = layout.slots[position]?.slot ?? .free }
    }
    for (start, list) in members { (idle.members + start).update(from: list, count: list.count) }
    for ring in rings { ring.content.fill(idle.rings + ring.span.start, size: ring.span.count) }
    writeHead(idle)
  }

  private func catchUp(with last: TableDifference, _ memory: TableMemory, from active: Int) {
    let (current, idle) = (memory.half(active), memory.half(1 - active))
    let (currentOwners, idleOwners) = (memory.owners(ofHalf: active), memory.owners(ofHalf: 1 - active))
    for index in last.services { idle.services[Int(index)] = current.services[Int(index)] }
    for index in last.servers {
      idle.servers[Int(index)] = current.servers[Int(index)]
      idleOwners[Int(index)] = currentOwners[Int(index)]
    }
    if let slots = last.slots {
      for position in slots { idle.slots[Int(position)] = current.slots[Int(position)] }
    } else {
      idle.slots.update(from: current.slots, count: Int(current.half.pointee.slot_mask) + 1)
    }
  }

  private func copyAll(_ memory: TableMemory, from active: Int) {
    let (current, idle) = (memory.half(active), memory.half(1 - active))
    idle.services.update(from: current.services, count: memory.capacity.services)
    idle.servers.update(from: current.servers, count: memory.capacity.servers)
    memory.owners(ofHalf: 1 - active).update(from: memory.owners(ofHalf: active), count: memory.capacity.servers)
    idle.slots.update(from: current.slots, count: memory.capacity.slots)
  }

  private func writeHead(_ tables: Tables) {
    tables.half.pointee.generation = generation
    tables.half.pointee.hash_key = hashKey.words
    tables.half.pointee.slot_mask = UInt32(layout.slots.mask)
    tables.half.pointee.service_count = UInt32(layout.serviceIndices.limit)
    tables.half.pointee.server_limit = UInt32(layout.serverIndices.limit)
    let timeouts = (
      syn: UInt32(timeouts.synReceived), established: UInt32(timeouts.established), fin: UInt32(timeouts.finWait),
      close: UInt32(timeouts.close), udp: UInt32(timeouts.udp)
    )
    // By SLUICE_STATE_*; the first is unused.
    tables.half.pointee.timeouts = (
      0, timeouts.syn, timeouts.established, timeouts.fin, timeouts.close, timeouts.udp, timeouts.established,
      UInt32(SLUICE_LONGEST_PERSISTENCE)
    )
    tables.half.pointee.flags = layout.persistentServices > 0 ? UInt32(SLUICE_HALF_PERSISTENCE) : 0
    withUnsafeMutableBytes(of: &tables.half.pointee.vip_filter) { filter in
      let words = filter.bindMemory(to: UInt64.self)
      for word in words.indices {
        words[word] = (0..<64).reduce(0) { $0 | (layout.filter[word * 64 + $1] > 0 ? 1 << UInt64($1) : 0) }
      }
    }
  }
}
