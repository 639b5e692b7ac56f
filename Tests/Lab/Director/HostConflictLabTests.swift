import Foundation
import Testing

extension DirectorLab {
  /// Services that would take what the host itself needs, and servers that can't work, are refused with what to do instead.
  @Suite struct HostConflictTests {
    private func refusal(_ lab: Laboratory, _ words: String...) throws -> String {
      let ended = try lab.run(.director, [Laboratory.sluice] + words, environment: ["SLUICE_SOCKET": lab.socket])
      return ended.status == 0 ? "not refused" : ended.errors
    }

    @Test("A service of any port on the host's own address is refused unless it may take the host; a VIP beside it is not")
    func anyPort() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http: [.rs1]])
      defer { daemon.signal(SIGTERM) }
      let own = "\(Laboratory.directorAddress):0"
      let line = try refusal(lab, "service", "add", "tcp", own)
      #expect(line.contains("takes every port of this host's own address on eth0, ssh included"), "\(line)")
      #expect(line.contains("set 'takes-host: true'"), "\(line)")
      #expect(try !lab.operate("service", "list").contains(own))
      try lab.operate("service", "add", "tcp", "\(Laboratory.directorAddress):8080")
      try lab.output(.director, "ip", "addr", "add", "10.9.0.77/24", "dev", "eth0")
      try lab.operate("service", "add", "udp", "10.9.0.77:0")
      try lab.operate("service", "add", "udp", own, "--takes-host")
      #expect(try lab.operate("service", "list", "--json").contains("\"takes-host\" : true"))
    }

    @Test("The same in the configuration file: the start is refused, and nothing is attached")
    func inTheFile() throws {
      let lab = try Laboratory(serving: false)
      let file = try lab.write(lab.configuration(["tcp \(Laboratory.directorAddress):0": [.rs1]]), to: "sluice.yaml")
      let ended = try lab.run(.director, [Laboratory.sluice, "run", "--config", file])
      #expect(ended.status != 0 && ended.errors.contains("takes every port of this host's own address"), "\(ended.text)")
      #expect(try !lab.output(.director, "bpftool", "net").contains("eth0("))
    }

    @Test("The address of the default gateway is no VIP")
    func gateway() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http: [.rs1]])
      defer { daemon.signal(SIGTERM) }
      let line = try refusal(lab, "service", "add", "tcp", "10.9.0.1:80")
      #expect(line.contains("is the gateway of this host's routes by eth0, which would be cut off"), "\(line)")
    }

    @Test("Direct routing to a server behind a gateway is not tried, and the status says what to use")
    func behindGateway() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http: [.rs1]])
      defer { daemon.signal(SIGTERM) }
      try lab.operate("server", "add", "tcp", "\(Laboratory.vip):80", "10.9.3.13")
      let status = try #require(try lab.status().services.first?.servers.last)
      #expect(status.state == .unresolved)
      #expect(status.reason?.contains("use a tunnel, such as 'forward: ipip'") == true, "\(status.reason ?? "no reason")")
      #expect(try lab.http("--connections", "50", "--per-connection", "1").result().failed == 0)
      try lab.operate("server", "set", "tcp", "\(Laboratory.vip):80", "10.9.3.13", "--forward", "ipip")
      #expect(try lab.status().services.first?.servers.last?.state == .ok)
      #expect(try lab.http("--connections", "50", "--per-connection", "1").result().failed == 0)
    }
  }
}
