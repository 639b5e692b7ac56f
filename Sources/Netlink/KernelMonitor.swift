import Model

/// The kernel as the resolver: links, addresses, routes and neighbours as `ip` shows them, asked in batches and followed live.
///
/// For one thread, its owner's: no locks, no thread of its own, no callback. The owner waits for `fileDescriptor` and for a tick ten times a
/// second, and at either calls `drain`, then `answers` for what changed; at the tick `poke` too.
///
/// Workers bypass the kernel, so it sees no traffic to the real servers: left alone it would never resolve one, and would let the known ones
/// go stale. `answers` has it look for what it doesn't know, `poke` has it confirm what is in use. That is done with `NTF_USE`, which does to
/// an entry what a packet does. The rejected choice is `NTF_EXT_MANAGED` (kernels from 5.16), with which the kernel repeats this by itself:
/// such entries outlive a killed daemon in the operator's table, each removal has to be undone by hand, and nothing is gained, since without a
/// daemon nobody would carry a new MAC address into the tables. One way on all kernels is also one way to test.
package final class KernelMonitor {
  let requests: RequestSocket
  let events: EventSocket
  /// Current as of the last `drain`.
  package internal(set) var links = LinkTable()
  var addressTable = AddressTable()
  var table = NextHopTable()
  /// Gathered since the last `drain` that returned, an error notwithstanding.
  var touched = Touched()
  var pending = KernelChanges()
  /// Events were lost and not everything has been listed since.
  var isLost = false
  var pokes = Round(length: pokeRound)
  var routes = Round(length: routeRound)

  /// Of the network namespace of the calling thread.
  package init() throws(NetlinkError) {
    // First, so that what changes while the rest is listed is heard of.
    events = try EventSocket()
    requests = try RequestSocket()
    _ = links.replace(with: try requests.links())
    _ = addressTable.replace(with: try requests.addresses())
  }

  /// Readable when something may have changed.
  package var fileDescriptor: Int32 { events.fileDescriptor }

  /// The host's own addresses on an interface, VIPs that Sluice put there left out.
  package func addresses(of link: UInt32) -> LinkAddresses {
    LinkAddresses(of: link, among: addressTable.addresses(of: link))
  }

  /// All addresses of an interface, in the kernel's order.
  package func allAddresses(of link: UInt32) -> [InterfaceAddress] { addressTable.addresses(of: link) }

  /// From now on changes that concern the destinations are reported, and their next hops kept fresh. Their first answers are not reported: ask
  /// for them.
  package func follow(_ destinations: some Sequence<IPAddress>) { table.follow(destinations) }

  /// Follows no others any more.
  package func forget(allBut kept: Set<IPAddress>) { table.forget(allBut: kept) }
}
