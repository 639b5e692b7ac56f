import Configuration
import Foundation
import Testing

extension DirectorLab {
  /// Directors that serve what keepalived's configurations ask for: the examples of the import's own tests, with the addresses of the laboratory.
  @Suite struct ImportTests {
    /// An example, and how it is asked.
    struct Example: CustomTestStringConvertible, Sendable {
      var name: String
      /// VIPs with HTTP on port 80, last numbers of 10.9.0.0/24.
      var web = [100]
      var echoes = false
      /// Who may answer, and must, unless one server is kept for the client.
      var servers: Set<String>
      /// How a client's connections to a VIP, or packets of a flow, find their servers.
      var kept = Kept.flows
      /// How many of the servers have a check that speaks; the others are not checked.
      var checked: Int

      var testDescription: String { name }
    }

    enum Kept {
      /// Persistence, or a hash of the client's address: one server for the client.
      case client
      /// One server for each flow.
      case flows
      /// One-packet scheduling: packets of a flow reach several.
      case nothing
    }

    static let examples = [
      Example(name: "direct-routing", servers: ["rs1", "rs2"], kept: .client, checked: 2),
      Example(name: "http-status", servers: ["rs1", "rs2"], checked: 2),
      Example(name: "digest", servers: ["rs1", "rs2"], kept: .client, checked: 2),
      Example(name: "group", web: [100, 101, 102], servers: ["rs1", "rs2", "rs4"], kept: .client, checked: 9),
      Example(name: "quorum", servers: ["rs1", "rs2"], checked: 2),
      Example(name: "tunnel", servers: ["rs1", "rs3"], checked: 4),
      Example(name: "datagrams", web: [], echoes: true, servers: ["rs1", "rs2"], kept: .nothing, checked: 2),
      Example(name: "includes", echoes: true, servers: ["rs1", "rs2"], checked: 4),
      Example(name: "definitions", web: [100, 101], servers: ["rs1", "rs2", "rs4"], checked: 6),
      Example(name: "conditional", servers: ["rs1", "rs2"], checked: 2),
      Example(name: "scripts", servers: ["rs1", "rs2", "rs3", "rs4"], checked: 4),
      Example(name: "ping", servers: ["rs1", "rs2", "rs4"], checked: 2),
      Example(name: "masquerading", servers: ["rs2"], checked: 1),
      Example(name: "any-port", servers: ["rs1"], checked: 1),
      Example(name: "any-style", servers: ["rs1", "rs2", "rs4"], checked: 2),
      Example(name: "ipv6", web: [], servers: ["rs1", "rs2", "rs3"], checked: 3),
    ]

    @Test("Imported configurations serve, one after another, by one running director")
    func examples() throws {
      let lab = try Laboratory()
      for host in [Laboratory.Host.rs1, .rs2, .rs3, .rs4] {
        for vip in [101, 102] { try lab.output(host, "ip", "addr", "add", "10.9.0.\(vip)/32", "dev", "lo") }
      }
      try lab.prepareImports()
      let daemon = try lab.direct(.usual)
      defer { daemon.signal(SIGTERM) }
      let nothing = try lab.write("services: []\n", to: "nothing.yaml")
      for example in Self.examples {
        // A server that stays keeps what its former check has found.
        try lab.operate("apply", nothing)
        try lab.operate("apply", try lab.imported(example.name))
        try lab.awaitReady(daemon)
        // Every check speaks before the clients do: a server that is up by assumption alone would prove nothing.
        let spoken = try holds(within: 10) {
          try lab.status().services.flatMap(\.servers).filter { $0.health == .up }.count == example.checked
        }
        let status = try lab.operate("status")
        #expect(spoken, "\(example.name): \(status)")
        for vip in example.web {
          let result = try lab.http("--connections", "60", "--per-connection", "2", to: "10.9.0.\(vip)").result()
          #expect(result.failed == 0, "\(example.name): \(result.errors)")
          let answering = Set(result.servers.keys)
          if example.kept == .client {
            #expect(answering.count == 1 && answering.isSubset(of: example.servers), "\(example.name): \(result.servers)")
          } else {
            #expect(answering == example.servers, "\(example.name): \(result.servers)")
          }
        }
        if example.name == "ipv6" {
          let result = try lab.http("--connections", "60", "--per-connection", "2", to: Laboratory.vip6).result()
          #expect(result.failed == 0 && Set(result.servers.keys) == example.servers, "\(result.errors) \(result.servers)")
        }
        if example.echoes {
          // An odd number: turns of two servers would meet each flow at the same one again.
          let result = try lab.udp("--flows", "61", "--per-flow", "2").result()
          #expect(result.lost == 0 && result.foreign == 0, "\(example.name): \(result)")
          #expect((result.moved > 0) == (example.kept == .nothing), "\(example.name): \(result)")
          // A flow that moved is counted at one of its servers, any.
          if example.kept == .flows { #expect(Set(result.servers.keys) == example.servers, "\(example.name): \(result.servers)") }
        }
      }
    }

    @Test("A director that starts with an imported file takes a broken server out, and the sorry server below the quorum")
    func quorum() throws {
      let lab = try Laboratory()
      try lab.prepareImports()
      let yaml = try String(contentsOfFile: lab.imported("quorum", "--interface", "eth0"), encoding: .utf8)
      let file = try lab.write(yaml.replacing("director:\n", with: "director:\n  socket: \(lab.socket)\n"), to: "sluice.yaml")
      let daemon = try lab.start(.director, [Laboratory.sluice, "run", "--config", file])
      defer { daemon.signal(SIGTERM) }
      try lab.awaitReady(daemon)
      #expect(try holds(within: 5) { try lab.states() == ["ok", "ok"] })
      // Of quorum 3, hysteresis 1, weight 1 is left: less than 2.
      try lab.output(.rs1, "ip", "rule", "add", "to", Laboratory.directorAddress, "ipproto", "tcp", "blackhole")
      #expect(try holds(within: 12) { try lab.states() == ["down", "ok"] })
      let sorry = try lab.http("--connections", "30", "--per-connection", "1").result()
      #expect(sorry.failed == 0 && Set(sorry.servers.keys) == ["rs4"], "\(sorry.errors) \(sorry.servers)")
      try lab.output(.rs1, "ip", "rule", "del", "to", Laboratory.directorAddress, "ipproto", "tcp", "blackhole")
      #expect(try holds(within: 12) { try lab.states() == ["ok", "ok"] })
    }
  }
}

extension Laboratory {
  private static let examples = "\(tools)/../Tests/ConfigurationTests/Keepalived/Examples"

  /// The examples, with addresses of the laboratory and intervals of a second.
  fileprivate func prepareImports() throws {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: Self.examples).filter { $0.hasSuffix(".conf") }
    try FileManager.default.createDirectory(atPath: "\(folder)/maintained", withIntermediateDirectories: true)
    try Data("0\n".utf8).write(to: URL(filePath: "\(folder)/maintained/maintenance"))
    for path in paths {
      var text = try String(contentsOfFile: "\(Self.examples)/\(path)", encoding: .utf8)
      for (from, to) in [
        ("192.0.2.", "10.9.0."), ("198.51.100", "10.9.0"), ("203.0.113.", "10.9.3."), ("2001:db8:", "fd09:"),
        ("/run/sluice-import", "\(folder)/maintained"),
      ] {
        text = text.replacing(from, with: to)
      }
      text = text.replacing(#/delay_loop(\s+)[0-9.]+/#) { "delay_loop\($0.output.1)1" }
      // Without one it is a minute.
      text = text.replacing(#/lvs_sched rr\n/#) { _ in "lvs_sched rr\n    delay_loop 1\n" }
      let file = "\(folder)/imports/\(path)"
      try FileManager.default.createDirectory(
        atPath: URL(filePath: file).deletingLastPathComponent().path,
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: URL(filePath: file))
    }
  }

  /// Imports an example; the result's path.
  fileprivate func imported(_ name: String, _ options: String...) throws -> String {
    let file = "\(folder)/imports/\(name).conf"
    return try write(operate(["import", "keepalived", "--config-id", "main", file] + options), to: "\(name).yaml")
  }

  fileprivate func states() throws -> [String] { try status().services[0].servers.map(\.state.rawValue) }
}
