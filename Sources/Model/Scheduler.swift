/// How a service chooses the real server of a new flow. All but `maglev` have LVS's names and meaning (ipvsadm(8)).
package enum Scheduler: String, CaseIterable, Codable, Sendable {
  /// Weighted Maglev over the 5-tuple: every director with the same tables chooses the same server.
  case maglev
  /// Round robin.
  case rr
  /// Weighted round robin.
  case wrr
  /// Fewest connections.
  case lc
  /// Fewest connections for its weight: LVS's default.
  case wlc
  /// Shortest expected delay.
  case sed
  /// Never queue: an idle server, else the shortest expected delay.
  case nq
  /// Failover: the greatest weight.
  case fo
  /// Overflow: the greatest weight that has fewer active connections than its weight.
  case ovf
  /// The better of two servers that are drawn by weight.
  case twos
  /// The kernel's Maglev, bit for bit: by the client's address, or address and port. For fleets that share a VIP with IPVS.
  case mh
  /// The client's address, hashed to the servers.
  case sh
  /// The packet's destination address, hashed to the servers.
  case dh
  /// Locality: the destination address keeps its server unless that is overloaded.
  case lblc
  /// The same with a set of servers for each destination address.
  case lblcr

  /// How its choice is looked up.
  package enum Kind: Sendable {
    /// In a ring, by hash.
    case ring
    /// In the service's list of servers.
    case list
  }

  package var kind: Kind { [.maglev, .mh, .sh, .dh].contains(self) ? .ring : .list }
}
