import Model

extension KernelMonitor {
  /// Limit of events discarded after a loss: more than the socket's buffer can hold.
  private static let mostDiscarded = 1 << 20

  /// Reads at most `limit` events and returns what they change.
  ///
  /// To be called when `fileDescriptor` is readable, and also ten times a second: MAC addresses of deleted entries expire with time, and changes
  /// found by `poke` are reported here. After an error no change is lost; call again.
  package func drain(limit: Int = 4096, at now: ContinuousClock.Instant = .now) throws(NetlinkError) -> KernelChanges {
    if !isLost {
      let count = try events.read(limit: limit) { take($0, at: now) }
      pending.more = count >= limit
    }
    if isLost { try listAnew(at: now) }
    touched.hops.formUnion(table.expire(at: now))
    table.touch(touched) { links.stack(of: $0) }
    touched = Touched()

    var changes = pending
    pending = KernelChanges()
    changes.destinations = table.takeTouched()
    return changes
  }

  private func take(_ event: KernelEvent, at now: ContinuousClock.Instant) {
    switch event {
    case .neighbour(let key, let seen):
      // For all other machines on the segment this look-up is the only cost.
      if let hop = table.number(of: key), table.learn(hop, seen, at: now) { touched.hops.insert(hop) }
    case .link(let link, false): note(LinkChange(former: links.update(link), present: link))
    case .link(let link, true): note(LinkChange(former: links.remove(link.index), present: nil))
    case .address(let address, false): note(addressTable.update(address))
    case .address(let address, true): note(addressTable.remove(address))
    case .route(let prefix): touched.prefixes.insert(prefix)
    case .rules: touched.everything = true
    case .lost: isLost = true
    case .nothing: return
    }
  }

  func note(_ change: LinkChange) {
    guard change.former != change.present else { return }
    touched.add(change)
    pending.links.append(change)
  }

  func note(_ change: AddressChange) {
    guard change.former != change.present else { return }
    touched.add(change)
    pending.addresses.append(change)
  }

  /// After a loss of events: reads everything and compares it with what is known.
  private func listAnew(at now: ContinuousClock.Instant) throws(NetlinkError) {
    // After an overflow the socket receives nothing until it is empty (NETLINK_S_CONGESTED of net/netlink/af_netlink.c), and the events in it
    // are older than the dumps below.
    _ = try events.read(limit: Self.mostDiscarded) { _ in }
    for change in links.replace(with: try requests.links()) { note(change) }
    try listAddressesAnew()
    try lookAtAllHops(at: now)
    touched.everything = true
    pending.isLost = true
    pending.more = false
    isLost = false
  }

  func listAddressesAnew() throws(NetlinkError) {
    for change in addressTable.replace(with: try requests.addresses()) { note(change) }
  }

  private func lookAtAllHops(at now: ContinuousClock.Instant) throws(NetlinkError) {
    if table.hops.count == 0 { return }
    let all = try requests.neighbours()
    for number in 0..<Int32(table.hops.end) {
      guard let key = table.hops[number]?.key else { continue }
      if table.learn(number, all[key] ?? .unknown, at: now) { touched.hops.insert(number) }
    }
  }
}
