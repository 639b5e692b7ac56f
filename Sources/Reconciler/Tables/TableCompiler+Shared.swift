import ABI
import Model

/// State that services share: VIPs, and tunnels to the same machine.
extension TableCompiler {
  /// - Parameters:
  ///   - services: how many services at the VIP are added (1) or removed (-1).
  ///   - live: how many of its services become live (1) or stop being live (-1).
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

  /// Adds a server to the tunnel to its address.
  ///
  /// - Parameter service: its service's index.
  /// - Returns: the tunnel's name; for a server without a tunnel its own index.
  mutating func join(_ server: CompiledServer, of service: Int) -> Int {
    let (address, index) = (server.address, server.place.index)
    if let former = plan.layout.tunnels[address]?[index], former.port != server.tunnelPort { leave(address, index) }
    guard let port = server.tunnelPort else { return index }
    let isNew = plan.layout.tunnels[address]?.has(port: port) != true
    let user = TableLayout.TunnelUser(index: index, service: service, port: port)
    // Updated in place: a machine may be a server of every service, and copying its users for each of them would be quadratic.
    plan.layout.tunnels[address, default: TableLayout.Tunnel(user)].add(user)
    let name = plan.layout.tunnels[address]?.name ?? index
    if isNew { setSlot(.tunnel(address, port: port), UInt32(name)) }
    return name
  }

  /// Removes a server from its tunnel: it is removed or gets another forwarding method.
  mutating func leave(_ address: IPAddress, _ index: Int) {
    guard let user = plan.layout.tunnels[address]?[index] else { return }
    if plan.layout.tunnels[address]?.remove(index) != true { plan.layout.tunnels[address] = nil }
    if plan.layout.tunnels[address]?.has(port: user.port) != true { plan.layout.slots.remove(.tunnel(address, port: user.port)) }
    if plan.layout.tunnels[address]?.name == index { renamedTunnels.insert(address) }
  }

  /// Renames each tunnel that lost the server it was named after: it takes the lowest index left. Done once for all changes, since removing a
  /// machine from many services would otherwise rename its tunnel each time.
  ///
  /// - Returns: the services with records that name such a tunnel.
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

  /// If a slot does not fit, the error is raised at the end and the compilation is discarded.
  mutating func setSlot(_ key: SlotTable.Key, _ value: UInt32, flags: UInt8 = 0) {
    if !plan.layout.slots.set(key, value, flags: flags, limit: plan.layout.capacity.slots) { slotsAreFull = true }
  }
}
