import Foundation
import Testing

extension DirectorLab {
  /// Traffic of both families over every path.
  @Suite struct PathTests {
    @Test(
      "nginx answers over IPv4 and IPv6, small and large, and sees the client's own address",
      arguments: [Path.direct] + Path.tunnels
    )
    func http(_ path: Path) throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http: [path.server], .http6: [path.serverOfIPv6]])
      defer { daemon.signal(SIGTERM) }
      for (vip, client) in [(Laboratory.vip, Laboratory.clientAddress), (Laboratory.vip6, Laboratory.clientAddress6)] {
        let result = try lab.http("--connections", "50", "--per-connection", "5", to: vip).result()
        #expect(result.failed == 0, "\(result.errors)")
        #expect(result.servers == [path.host: 50])
        let megabyte = try lab.http("--connections", "5", "--per-connection", "1", "--path", "/megabyte", to: vip).result()
        #expect(megabyte.failed == 0, "\(megabyte.errors)")
        let log = try String(contentsOfFile: "\(lab.folder)/\(path.host)/access.log", encoding: .utf8)
        #expect(log.split(separator: "\n").filter { $0.hasPrefix("\(client) ") }.count == 255)
      }
    }

    @Test("Datagrams of 8 KB in six fragments arrive whole and are answered whole", arguments: [Path.direct] + Path.tunnels)
    func datagrams(_ path: Path) throws {
      let lab = try Laboratory()
      try answerAtMTU1500(lab, path)
      let daemon = try lab.direct([.echo: [path.server], .echo6: [path.serverOfIPv6]])
      defer { daemon.signal(SIGTERM) }
      for vip in [Laboratory.vip, Laboratory.vip6] {
        let result = try lab.udp("--flows", "20", "--per-flow", "3", "--size", "8192", to: vip).result()
        #expect(result.sent == 60)
        #expect(result.lost == 0, "to \(vip)")
        #expect(result.foreign == 0 && result.moved == 0)
        #expect(result.servers == [path.host: 20])
      }
      let statistics = try lab.statistics()
      #expect(statistics.workers.filter { $0.name.hasPrefix("dropped-") }.allSatisfy { $0.total == 0 })
    }

    /// The client has an MTU of 1500 on a segment of 1600. TCP learns it from the MSS; a UDP fragment of 1600 bytes would be lost
    /// before the client.
    private func answerAtMTU1500(_ lab: Laboratory, _ path: Path) throws {
      let host = path.overhead == 0 ? Laboratory.Host.rs1 : .rs3
      let routers = path.overhead == 0 ? [[], []] : [["via", "10.9.3.1"], ["via", "fd09:3::1"]]
      for (client, router) in zip([Laboratory.clientAddress, Laboratory.clientAddress6], routers) {
        try lab.output(host, ["ip", "route", "add", client] + router + ["dev", "eth0", "mtu", "1500"])
      }
    }
  }
}
