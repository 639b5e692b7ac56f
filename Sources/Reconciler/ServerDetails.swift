import ABI
import Forwarding
import Model

/// Everything about one real server: what `sluice server show` shows.
package struct ServerDetails: Codable, Equatable, Sendable {
  package struct Path: Codable, Equatable, Sendable {
    package var interface: String
    package var mac: MACAddress
    package var mtu: Int
  }

  /// Generation of the tables in force.
  package var generation: UInt64
  package var service: ServiceKey
  package var onServerLoss: ServerLossPolicy
  /// As configured.
  package var server: RealServer
  package var status: ServerStatus
  /// What it is scheduled with, 0 for no new flows. While a server of the service starts slowly, all its weights are ten times as large.
  package var effectiveWeight: Int
  /// When its check found the present state, in seconds since 1970; nil without a check or a result.
  package var healthSince: Double?
  /// What its check found last.
  package var healthReason: String?
  /// Nil: it cannot be reached.
  package var nextHop: Path?

  package enum CodingKeys: String, CodingKey {
    case generation, service, server, status
    case onServerLoss = "on-server-loss"
    case effectiveWeight = "effective-weight"
    case healthSince = "health-since"
    case healthReason = "health-reason"
    case nextHop = "next-hop"
  }
}

extension Director {
  /// Nil if there is no such server.
  package func details(of name: ServerName) async -> ServerDetails? {
    let snapshot = snapshot
    guard let service = snapshot.table.service(name.service), let server = service.server(name.server) else { return nil }
    let layout = snapshot.layout.services[name.service]
    let standing = snapshot.health[name]
    let interfaces = surroundings.interfaces()
    let record = record(of: name)
    return ServerDetails(
      generation: snapshot.generation,
      service: name.service,
      onServerLoss: service.onServerLoss,
      server: server,
      status: StatusReport(snapshot, surroundings.counters()).status(of: server, of: name.service, layout),
      effectiveWeight: record?.weight ?? 0,
      healthSince: standing?.since,
      healthReason: standing?.verdict?.reason,
      nextHop: record?.path.map { egress, mac, mtu in
        let name = interfaces.indices.contains(egress) ? interfaces[egress].name : "interface \(egress)"
        return ServerDetails.Path(interface: name, mac: mac, mtu: mtu)
      }
    )
  }

  /// From the tables in force, not from what the reconciler means to write.
  private func record(of name: ServerName) -> (weight: Int, path: (egress: Int, mac: MACAddress, mtu: Int)?)? {
    guard let index = index(of: name) else { return nil }
    return withTables { tables, _, _ in
      let record = tables.servers[index]
      let isResolved = record.flags & UInt8(SLUICE_SERVER_RESOLVED) != 0
      let path = isResolved ? (Int(record.egress), MACAddress(record.next_hop_mac), Int(record.mtu)) : nil
      return (Int(record.weight), path)
    }
  }
}
