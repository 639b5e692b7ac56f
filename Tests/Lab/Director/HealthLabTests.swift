import Foundation
import Glibc
import Testing

extension DirectorLab {
  /// Health checks of real servers that fail in every way, with clients.
  @Suite struct HealthTests {
    enum Fault: String, CaseIterable, Sendable {
      /// nginx ends: connections are refused.
      case killed
      /// nginx is stopped: connections are accepted, nothing is answered.
      case hung
      /// nginx answers the check with 500.
      case broken
      /// What the server sends to the director by TCP is dropped.
      case blackholed

      var reason: String {
        switch self {
        case .killed: "connection refused (10.9.0.11:80/healthz), 3 of 3"
        case .hung: "no reply within 300ms from 10.9.0.11:80/healthz, 3 of 3"
        case .broken: "HTTP 500 from 10.9.0.11:80/healthz, 3 of 3"
        case .blackholed: "no connection within 300ms from 10.9.0.11:80/healthz, 3 of 3"
        }
      }
    }

    /// Three intervals, the last one's timeout, and what a busy machine takes.
    private static let out = 3 * 0.5 + 0.3 + 1.0
    private static let back = 2 * 0.5 + 0.3 + 1.0

    @Test(
      "A server that fails is out after fall intervals and back after rise, and the others lose nothing",
      arguments: Fault.allCases
    )
    func faults(_ fault: Fault) throws {
      let lab = try Laboratory()
      let daemon = try lab.check("interval: 500ms, timeout: 300ms, damping: 0s")
      defer { daemon.signal(SIGTERM) }
      #expect(try holds(within: 3) { try lab.states() == ["ok", "ok", "ok", "ok"] })
      let long = try lab.http("--connections", "40", "--per-connection", "40", "--at-once", "40", "--pause", "0.1")
      usleep(500_000)
      let began = ContinuousClock.now
      try lab.cause(fault)
      #expect(try holds(within: Self.out) { try lab.states() == ["down", "ok", "ok", "ok"] }, "\(fault)")
      print("\(fault.rawValue): out after \(began.duration(to: .now))")
      #expect(try lab.status().server(Server.rs1.address, of: .http)?.reason == fault.reason)
      #expect(try lab.operate("events").contains("10.9.0.11 of tcp 10.9.0.100:80 is down: \(fault.reason)"))
      let meanwhile = try lab.http("--connections", "200", "--per-connection", "5").result()
      #expect(meanwhile.failed == 0 && meanwhile.servers["rs1"] == nil, "\(meanwhile.errors) \(meanwhile.servers)")
      let ended = ContinuousClock.now
      try lab.mend(fault)
      #expect(try holds(within: Self.back) { try lab.states() == ["ok", "ok", "ok", "ok"] }, "\(fault)")
      print("\(fault.rawValue): back after \(ended.duration(to: .now))")
      let after = try lab.http("--connections", "200", "--per-connection", "5").result()
      #expect(after.failed == 0 && after.servers["rs1"] ?? 0 > 0, "\(after.errors) \(after.servers)")
      // Only its own connections may have broken.
      let lasting = try long.result()
      #expect(lasting.failed <= lasting.servers["rs1"] ?? 0, "\(lasting.errors) \(lasting.servers)")
      if fault == .broken || fault == .blackholed { #expect(lasting.failed == 0, "\(lasting.errors): existing flows stay") }
    }

    @Test("One of four servers flaps ten times a minute: the others lose nothing, and it comes back ever later")
    func flapping() throws {
      let lab = try Laboratory()
      let daemon = try lab.check("interval: 200ms, timeout: 100ms, fall: 2")
      defer { daemon.signal(SIGTERM) }
      #expect(try holds(within: 3) { try lab.states() == ["ok", "ok", "ok", "ok"] })
      let load = try lab.http("--seconds", "26", "--per-connection", "10", "--at-once", "10", "--pause", "0.01")
      for _ in 0..<4 {
        try lab.cause(.broken)
        usleep(3_000_000)
        try lab.mend(.broken)
        usleep(3_000_000)
      }
      let result = try load.result()
      #expect(result.failed == 0, "\(result.errors)")
      // Up at first, then after 4, 8 and 16 good results.
      let ups = try lab.operate("events").split(separator: "\n").filter { $0.contains("10.9.0.11") && $0.contains("is up") }
      #expect(ups.count <= 4, "\(ups)")
    }

    @Test("Maintenance is stronger than a good check, and a restart changes nothing until the checks have spoken")
    func maintenanceAndRestart() throws {
      let lab = try Laboratory()
      var daemon = try lab.check("interval: 500ms, timeout: 300ms")
      #expect(try holds(within: 3) { try lab.states() == ["ok", "ok", "ok", "ok"] })
      try lab.operate("server", "maintenance", "tcp", "\(Laboratory.vip):80", Server.rs2.address)
      #expect(try lab.states() == ["ok", "maintenance", "ok", "ok"])
      #expect(try lab.http("--connections", "100", "--per-connection", "1").result().servers["rs2"] == nil)
      try lab.operate("server", "ready", "tcp", "\(Laboratory.vip):80", Server.rs2.address)
      #expect(try lab.states() == ["ok", "ok", "ok", "ok"])

      let load = try lab.http("--seconds", "6", "--per-connection", "10", "--at-once", "10")
      usleep(500_000)
      daemon.signal(SIGKILL)
      try daemon.wait(within: 5)
      try lab.cause(.broken)
      daemon = try lab.start(.director, [Laboratory.sluice, "run", "--config", "\(lab.folder)/sluice.yaml"])
      defer { daemon.signal(SIGTERM) }
      try lab.awaitReady(daemon)
      #expect(try lab.states() == ["ok", "ok", "ok", "ok"], "live until the checks have spoken")
      #expect(try holds(within: Self.out) { try lab.states() == ["down", "ok", "ok", "ok"] })
      #expect(try load.result().failed == 0)
    }
  }
}

extension Laboratory {
  /// Starts the director with an HTTP check of all four servers.
  fileprivate func check(_ settings: String) throws -> Running {
    let servers = [Server.rs1, .rs2, .rs3, .rs4].map { "      - { address: \($0.address), forward: \($0.forward) }\n" }.joined()
    let text = """
      director:
        interfaces: [eth0]
        socket: \(socket)
      services:
        - service: \(String.http)
          check: { kind: http, path: /healthz, contains: in service, \(settings) }
          servers:
      \(servers)
      """
    let daemon = try start(.director, [Self.sluice, "run", "--config", try write(text, to: "sluice.yaml")])
    try awaitReady(daemon)
    return daemon
  }

  fileprivate func states() throws -> [String] { try status().services[0].servers.map(\.state.rawValue) }

  fileprivate func cause(_ fault: DirectorLab.HealthTests.Fault) throws {
    switch fault {
    case .killed: kill(try nginx()[0], SIGTERM)
    case .hung: for process in try nginx() { kill(process, SIGSTOP) }
    case .broken: try Data().write(to: URL(filePath: "\(folder)/rs1/broken"))
    case .blackholed: try output(.rs1, "ip", "rule", "add", "to", Self.directorAddress, "ipproto", "tcp", "blackhole")
    }
  }

  fileprivate func mend(_ fault: DirectorLab.HealthTests.Fault) throws {
    switch fault {
    case .killed: try output(.rs1, "sh", "-c", "setsid nginx -e $0/error.log -c $0/nginx.conf >/dev/null 2>&1 &", "\(folder)/rs1")
    case .hung: for process in try nginx() { kill(process, SIGCONT) }
    case .broken: try FileManager.default.removeItem(atPath: "\(folder)/rs1/broken")
    case .blackholed: try output(.rs1, "ip", "rule", "del", "to", Self.directorAddress, "ipproto", "tcp", "blackhole")
    }
  }

  /// The processes of nginx on rs1: the master first, then its worker.
  private func nginx() throws -> [pid_t] {
    let text = try String(contentsOfFile: "\(folder)/rs1/nginx.pid", encoding: .utf8)
    guard let master = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw LabFailure("no nginx on rs1") }
    let children = try String(contentsOfFile: "/proc/\(master)/task/\(master)/children", encoding: .utf8)
    return [master] + children.split(separator: " ").compactMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }
}
