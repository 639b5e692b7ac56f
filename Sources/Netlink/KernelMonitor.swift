import Model

/// The kernel as the resolver: links, addresses, routes and neighbours as `ip` shows them, queried in batches and followed live.
///
/// For use by one thread: no locks, no thread of its own, no callbacks. The owner waits for `fileDescriptor` and for a tick ten times a second.
/// At both it calls `drain`, then `answers` for the destinations that changed; at the tick also `poke`.
///
/// Workers bypass the kernel, so the kernel sees no traffic to the real servers: by itself it would never resolve their addresses, and known
/// entries would become stale. `answers` makes it resolve unknown neighbours, `poke` makes it confirm those in use, with `NTF_USE`, which has the
/// effect of a packet. The rejected choice is `NTF_EXT_MANAGED` (kernels from 5.16), which makes the kernel confirm entries by itself: such
/// entries stay in the operator's table when the daemon is killed, and without a daemon a new MAC address would not reach the tables anyway.
package final class KernelMonitor {
  let requests: RequestSocket
  let events: EventSocket
  /// As of the last `drain`.
  package internal(set) var links = LinkTable()
  var addressTable = AddressTable()
  var table = NextHopTable()
  /// Collected since the last `drain` without an error.
  var touched = Touched()
  var pending = KernelChanges()
  /// Events were lost, and not everything has been read again yet.
  var isLost = false
  var pokes = Round(length: pokeRound)
  var routes = Round(length: routeRound)

  /// For the network namespace of the calling thread.
  package init() throws(NetlinkError) {
    // Subscribed before the dumps, so that changes during them are events.
    events = try EventSocket()
    requests = try RequestSocket()
    _ = links.replace(with: try requests.links())
    _ = addressTable.replace(with: try requests.addresses())
  }

  /// Readable when something may have changed.
  package var fileDescriptor: Int32 { events.fileDescriptor }

  /// The host's own addresses on an interface, without Sluice's VIPs.
  package func addresses(of link: UInt32) -> LinkAddresses {
    LinkAddresses(of: link, among: addressTable.addresses(of: link))
  }

  /// All addresses of an interface, in the kernel's order.
  package func allAddresses(of link: UInt32) -> [InterfaceAddress] { addressTable.addresses(of: link) }

  /// For each of these addresses that one of these links has, the links that have it. One pass over all addresses: there may be thousands of
  /// either.
  package func holders(of addresses: Set<IPAddress>, among links: Set<UInt32>) -> [IPAddress: [UInt32]] {
    var holders: [IPAddress: [UInt32]] = [:]
    for place in addressTable.all where links.contains(place.link) && addresses.contains(place.vip) {
      holders[place.vip, default: []].append(place.link)
    }
    return holders
  }

  /// The subnets of an interface's own addresses.
  package func subnets(of link: UInt32) -> Set<AddressPrefix> { Set(addressTable.addresses(of: link).compactMap(\.ownSubnet)) }

  /// Addresses that make the host a member of a subnet: on each interface, the first of each subnet. Later ones of the same subnet and those
  /// without a subnet (/32, /128) are what VIPs look like, whoever added them.
  package var ownAddresses: [InterfaceAddress] {
    links.all.flatMap { link in
      var subnets: Set<AddressPrefix> = []
      return addressTable.addresses(of: link.index).filter { address in
        address.ownSubnet.map { subnets.insert($0).inserted } ?? false
      }
    }
  }

  /// The gateways of the default routes: of the routes to addresses that no host has (RFC 5737, RFC 3849).
  package func defaultGateways() throws(NetlinkError) -> [(address: IPAddress, link: UInt32)] {
    var gateways: [(address: IPAddress, link: UInt32)] = []
    try requests.routes(to: [IPAddress("192.0.2.1"), IPAddress("2001:db8::1")].compactMap(\.self)) { _, route in
      if case .success(let path) = route, let gateway = path.gateway { gateways.append((gateway, path.link)) }
    }
    return gateways
  }

  /// From now on `drain` reports changes for these destinations, and `poke` confirms their next hops. Call `answers` for their first answers,
  /// which `drain` does not report.
  package func follow(_ destinations: some Sequence<IPAddress>) { table.follow(destinations) }

  package var followed: some Collection<IPAddress> { table.numbers.keys }

  /// Stops following all other destinations.
  package func forget(allBut kept: Set<IPAddress>) { table.forget(allBut: kept) }
}
