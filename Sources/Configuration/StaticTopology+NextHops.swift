import Model

extension StaticTopology {
  package typealias NextHops = [IPAddress: Result<NextHop, StaticTopologyFault>]

  /// The next hop of each real server of the table.
  ///
  /// - Parameter slots: interface names by slot; each is in `interfaces`.
  package func nextHops(for table: ServiceTable, slots: [String]) -> NextHops {
    var nextHops: NextHops = [:]
    for server in table.services.flatMap(\.everyServer) {
      // The same address may be in several services; a failure in one of them stays.
      if case .failure = nextHops[server.address] { continue }
      nextHops[server.address] = Result { () throws(StaticTopologyFault) in try nextHop(to: server, slots: slots) }
    }
    return nextHops
  }

  private func nextHop(to server: RealServer, slots: [String]) throws(StaticTopologyFault) -> NextHop {
    let address = server.address
    guard let hop = hops[address], let (slot, interface) = interface(toward: address, hop, slots) else { throw .noHop(address) }
    let source = hop.source ?? interface.source(isIPv4: address.isIPv4)
    guard source != nil || server.tunnel.source != .interface else {
      throw .noSource(interface: interface.name, isIPv4: address.isIPv4)
    }
    return NextHop(
      egress: slot,
      sourceMAC: interface.mac,
      nextHopMAC: hop.mac,
      mtu: hop.mtu ?? interface.mtu,
      // Unused: direct routing writes no source, and this tunnel has one configured.
      source: source ?? address,
      tags: hop.tags ?? interface.tags
    )
  }

  /// The configured interface, else the one with the server's subnet, else the first.
  private func interface(toward address: IPAddress, _ hop: Hop, _ slots: [String]) -> (slot: Int, Interface)? {
    let known = slots.enumerated().compactMap { slot, name in interface(name).map { (slot, $0) } }
    if let name = hop.interface { return known.first { $0.1.name == name } }
    return known.first { $0.1.addresses.contains { $0.contains(address) } } ?? known.first
  }
}

extension StaticTopology.Interface {
  /// The source address of a tunnel: the first address of the family, link-local ones last.
  func source(isIPv4: Bool) -> IPAddress? {
    let family = addresses.map(\.address).filter { $0.isIPv4 == isIPv4 }
    return family.first { !$0.isLinkLocalIPv6 } ?? family.first
  }
}
