import ABI
import Model

/// What services share: VIPs, and tunnels to the same machine.
extension TableCompiler {
  /// - Parameters:
  ///   - services: how many of the key's come (1) or go (-1).
  ///   - live: how many of its services become live (1), or cease to be (-1).
  mutating func countVIP(_ key: ServiceKey, _ services: Int, live: Int) {
    guard services != 0 || live != 0 else { return }
    var vip = plan.layout.vips[key.address] ?? TableLayout.VIP()
    let wasThere = vip.services > 0
    if key.protocol == .tcp { vip.tcp += services } else { vip.udp += services }
    vip.live += live
    let slot = SlotTable.Key.vip(key.address)
    let bit = Int(slot.hash) & (plan.layout.filter.count - 1)
    if vip.services == 0 {
      plan.layout.vips[key.address] = nil
      plan.layout.slots.remove(slot)
      plan.layout.filter[bit] -= 1
      return
    }
    plan.layout.vips[key.address] = vip
    if !wasThere { plan.layout.filter[bit] += 1 }
    setSlot(slot, UInt32(vip.services), flags: vip.flags)
  }

  /// A server joins the others that are reached by a tunnel to its address.
  ///
  /// - Parameter service: its service's index.
  /// - Returns: the tunnel's name; of a server without a tunnel its own index.
  mutating func join(_ server: CompiledServer, of service: Int) -> Int {
    let (address, index) = (server.address, server.place.index)
    if let former = plan.layout.tunnels[address]?[index], former.port != server.tunnelPort { leave(address, index) }
    guard let port = server.tunnelPort else { return index }
    let isNew = plan.layout.tunnels[address]?.has(port: port) != true
    let user = TableLayout.TunnelUser(index: index, service: service, port: port)
    // In place: a machine may be a server of every service, and a copy of its users for each would make their number squared.
    plan.layout.tunnels[address, default: TableLayout.Tunnel(user)].add(user)
    let name = plan.layout.tunnels[address]?.name ?? index
    if isNew { setSlot(.tunnel(address, port: port), UInt32(name)) }
    return name
  }

  /// A server goes, or is reached otherwise.
  mutating func leave(_ address: IPAddress, _ index: Int) {
    guard let user = plan.layout.tunnels[address]?[index] else { return }
    if plan.layout.tunnels[address]?.remove(index) != true { plan.layout.tunnels[address] = nil }
    if plan.layout.tunnels[address]?.has(port: user.port) != true { plan.layout.slots.remove(.tunnel(address, port: user.port)) }
    if plan.layout.tunnels[address]?.name == index { renamedTunnels.insert(address) }
  }

  /// Tunnels that lost the server they were named by take the lowest index left. Once for all changes: one by one, removing a machine from
  /// many services would name its tunnel anew each time.
  ///
  /// - Returns: the services whose records name such a tunnel.
  mutating func renameTunnels() -> Set<ServiceKey> {
    var users: Set<Int> = []
    for address in renamedTunnels {
      guard let tunnel = plan.layout.tunnels[address], tunnel[tunnel.name] == nil, let first = tunnel.users.first else {
        continue
      }
      plan.layout.tunnels[address]?.name = first.index
      for port in Set(tunnel.users.map(\.port)) { setSlot(.tunnel(address, port: port), UInt32(first.index)) }
      users.formUnion(tunnel.users.map(\.service))
    }
    return users.isEmpty ? [] : Set(plan.layout.services.filter { users.contains($0.value.index) }.keys)
  }

  /// A slot that does not fit is noticed at the end: what is compiled is then thrown away.
  mutating func setSlot(_ key: SlotTable.Key, _ value: UInt32, flags: UInt8 = 0) {
    if !plan.layout.slots.set(key, value, flags: flags, limit: plan.layout.capacity.slots) { slotsAreFull = true }
  }
}
