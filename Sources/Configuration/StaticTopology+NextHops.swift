import Model

extension StaticTopology {
  package typealias Ways = [IPAddress: Result<NextHop, StaticTopologyFault>]

  /// The way to each real server of the table.
  ///
  /// - Parameter slots: interfaces by slot; every one has its stand-in here.
  package func ways(for table: ServiceTable, slots: [String]) -> Ways {
    var ways: Ways = [:]
    for server in table.services.flatMap(\.everyServer) {
      // An address may stand in several services: one tunnel among them asks for a source.
      if case .failure = ways[server.address] { continue }
      ways[server.address] = Result { () throws(StaticTopologyFault) in try way(to: server, slots: slots) }
    }
    return ways
  }

  private func way(to server: RealServer, slots: [String]) throws(StaticTopologyFault) -> NextHop {
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
      // Direct routing writes no source, other tunnels bring their own.
      source: source ?? address,
      tags: hop.tags ?? interface.tags
    )
  }

  /// As said, else the one on whose segment the server is, else the first.
  private func interface(toward address: IPAddress, _ hop: Hop, _ slots: [String]) -> (slot: Int, Interface)? {
    let known = slots.enumerated().compactMap { slot, name in interface(name).map { (slot, $0) } }
    if let name = hop.interface { return known.first { $0.1.name == name } }
    return known.first { $0.1.addresses.contains { $0.contains(address) } } ?? known.first
  }
}

extension StaticTopology.Interface {
  /// The address it would speak from: the first of the family, link-local ones last.
  func source(isIPv4: Bool) -> IPAddress? {
    let family = addresses.map(\.address).filter { $0.isIPv4 == isIPv4 }
    return family.first { !$0.isLinkLocalIPv6 } ?? family.first
  }
}
