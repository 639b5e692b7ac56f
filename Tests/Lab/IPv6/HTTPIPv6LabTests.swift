import Foundation
import Testing

extension DirectorLab {
  /// nginx over IPv6, with direct routing and through tunnels of either family.
  @Suite struct HTTPIPv6Tests {
    @Test("Over IPv6 2,000 requests are answered, in shares of 25, 25 and 50 percent for weights 1 : 1 : 2, within five points")
    func answeredInShares() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual6)
      defer { daemon.signal(SIGTERM) }
      let result = try lab.http("--connections", "2000", "--per-connection", "1", to: Laboratory.vip6).result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(result.requests == 2000)
      #expect(abs(result.share("rs1") - 25) <= 5, "\(result.servers)")
      #expect(abs(result.share("rs2") - 25) <= 5, "\(result.servers)")
      #expect(abs(result.share("rs3") - 50) <= 5, "\(result.servers)")
      let clients = try ["rs1", "rs2", "rs3"].map { try lab.clients(of: $0) }
      #expect(clients == Array(repeating: [Laboratory.clientAddress6], count: 3), "the real servers log the client's own address")
      let statistics = try lab.statistics()
      #expect(statistics.workers.filter { $0.name.hasPrefix("dropped-") }.allSatisfy { $0.total == 0 })
    }

    @Test("Datagrams over IPv6 are all answered, each flow by one server, to the client's own address")
    func datagrams() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual6)
      defer { daemon.signal(SIGTERM) }
      let result = try lab.udp("--flows", "300", "--per-flow", "3", to: Laboratory.vip6).result()
      #expect(result.sent == 900)
      #expect(result.lost == 0)
      #expect(result.foreign == 0)
      #expect(result.moved == 0)
      #expect(Set(result.servers.keys) == ["rs1", "rs2", "rs3"])
    }

    /// A VIP of one family and a tunnel to a server of either family.
    @Test(
      "A tunnel of either family carries a VIP of either family",
      arguments: [
        (Laboratory.vip, String.http, Server.rs3v6), (Laboratory.vip6, .http6, .rs3), (Laboratory.vip6, .http6, .rs3v6),
      ]
    )
    func tunnels(_ vip: String, _ service: String, _ server: Server) throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([service: [server]])
      defer { daemon.signal(SIGTERM) }
      let result = try lab.http("--connections", "100", "--per-connection", "5", to: vip).result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(result.servers == ["rs3": 100])
      let megabyte = try lab.http("--connections", "5", "--per-connection", "1", "--path", "/megabyte", to: vip).result()
      #expect(megabyte.failed == 0, "\(megabyte.errors)")
      #expect(try lab.clients(of: "rs3") == [vip == Laboratory.vip ? Laboratory.clientAddress : Laboratory.clientAddress6])
    }

    @Test("Services of both families run side by side, and connections of both survive a kill and a new start")
    func bothSurvive() throws {
      let lab = try Laboratory()
      let services = [String: [Server]].usual.merging(.usual6) { $1 }
      let daemon = try lab.direct(services)
      let long = ["--connections", "25", "--per-connection", "15", "--at-once", "25", "--pause", "0.2"]
      let traffic = try [Laboratory.vip, Laboratory.vip6].map { vip in
        try lab.http(long[0], long[1], long[2], long[3], long[4], long[5], long[6], long[7], to: vip)
      }
      usleep(1_000_000)
      daemon.signal(SIGKILL)
      try daemon.wait(within: 5)
      let next = try lab.direct(services)
      defer { next.signal(SIGTERM) }
      for one in traffic {
        let result = try one.result()
        #expect(result.failed == 0, "\(result.errors)")
        #expect(result.requests == 25 * 15)
      }
    }
  }
}

extension Laboratory {
  /// Client addresses in a real server's log, without the VIPs: the lab itself sent each nginx a local request at its start.
  fileprivate func clients(of host: String) throws -> Set<String> {
    let log = try String(contentsOfFile: "\(folder)/\(host)/access.log", encoding: .utf8)
    let clients = log.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
    return Set(clients).subtracting([Self.vip, Self.vip6])
  }
}
