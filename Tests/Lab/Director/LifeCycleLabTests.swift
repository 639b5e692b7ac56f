import Foundation
import Testing

extension DirectorLab {
  /// Start, stop, crash.
  @Suite struct LifeCycleTests {
    @Test("SIGTERM leaves interfaces, XDP programs and addresses as they were", arguments: [SIGTERM, SIGINT])
    func orderlyStop(_ signal: Int32) throws {
      let lab = try Laboratory()
      let before = try attached(lab)
      let programs = try loaded()
      let daemon = try lab.direct(.usual)
      #expect(try attached(lab) != before)
      #expect(try lab.http("--connections", "50", "--per-connection", "1").result().failed == 0)
      daemon.signal(signal)
      #expect(try daemon.wait(within: 5).status == 0, "\(daemon.errors)")
      #expect(try attached(lab) == before)
      // The kernel frees a program shortly after its last user has gone.
      #expect(try holds(within: 3) { try loaded().subtracting(programs).isEmpty })
      #expect(!FileManager.default.fileExists(atPath: lab.socket))
      #expect(!FileManager.default.fileExists(atPath: lab.socket + ".lock"))
    }

    // Measured with the release binary that `Tools/test` builds.
    @Test("An idle daemon uses at most 64 MiB of resident memory besides its flow table, whose size it says")
    func residentMemory() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      let status = try String(contentsOfFile: "/proc/\(daemon.pid)/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
      let resident = try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
      let said = try #require(daemon.errors.firstMatch(of: /a table of 524288 flows \((\d+) MiB\)/)?.1)
      let table = try #require(Int(said)) << 10
      print("idle daemon: \(resident) KiB resident, \(table) of them the flow table")
      #expect(resident - table <= 64 << 10)
    }

    @Test("After kill -9 a new daemon forwards within a second")
    func crash() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      #expect(try lab.http("--connections", "50", "--per-connection", "1").result().failed == 0)
      daemon.signal(SIGKILL)
      try daemon.wait(within: 5)
      let began = ContinuousClock.now
      let next = try lab.start(.director, [Laboratory.sluice, "run", "--config", "\(lab.folder)/sluice.yaml"])
      // A short connect timeout: a SYN that the dead director's program dropped must not delay the test.
      #expect(
        try holds(within: 5) {
          try lab.run(.client, ["curl", "-s", "-o", "/dev/null", "--connect-timeout", "0.1", "http://\(Laboratory.vip)/"]).status
            == 0
        }
      )
      #expect(ContinuousClock.now - began < .seconds(1), "\(next.output)\(next.errors)")
      try lab.awaitReady(next)
      #expect(try lab.http("--connections", "200", "--per-connection", "2").result().failed == 0)
      next.signal(SIGTERM)
      #expect(try next.wait(within: 5).status == 0, "\(next.errors)")
      #expect(try !attached(lab).contains("eth0("))
    }

    @Test("Connections survive kill -9 and a new start: a short silence, no reset")
    func connectionsSurvive() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      let long = try lab.http("--connections", "50", "--per-connection", "20", "--at-once", "50", "--pause", "0.2")
      usleep(1_000_000)
      daemon.signal(SIGKILL)
      try daemon.wait(within: 5)
      let next = try lab.direct(.usual)
      let result = try long.result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(result.requests == 50 * 20)
      next.signal(SIGTERM)
      #expect(try next.wait(within: 5).status == 0, "\(next.errors)")
    }

    @Test("Nor is a connection reset if the new daemon has other limits and waits for a server that does not answer")
    func connectionsSurviveOtherLimits() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      let long = try lab.http("--connections", "50", "--per-connection", "20", "--at-once", "50", "--pause", "0.2")
      usleep(1_000_000)
      daemon.signal(SIGKILL)
      try daemon.wait(within: 5)
      // No host has this address: the first generation is built after waiting 300 ms for it, or 75 packets of these connections.
      let services = Dictionary(uniqueKeysWithValues: [String: [Server]].usual.map { ($0, $1 + [Server(address: "10.9.0.99")]) })
      let file = try lab.write(lab.configuration(services, director: ["limits: {services: 100}"]), to: "sluice.yaml")
      let next = try lab.start(.director, [Laboratory.sluice, "run", "--config", file])
      let result = try long.result()
      #expect(result.failed == 0, "\(result.errors)\(next.errors)")
      #expect(result.requests == 50 * 20)
      #expect(next.errors.contains("took over"), "\(next.errors)")
      next.signal(SIGTERM)
      #expect(try next.wait(within: 5).status == 0, "\(next.errors)")
    }

    /// The programs on the director's interfaces, and the interfaces' addresses.
    private func attached(_ lab: Laboratory) throws -> String {
      try lab.output(.director, "bpftool", "net") + lab.output(.director, "ip", "-br", "address", "show", "eth0")
    }

    /// The ids of our programs in the kernel; other programs may change at any time.
    private func loaded() throws -> Set<Int> {
      struct Program: Decodable {
        let id: Int
        let name: String?
      }
      let ended = try Running(["bpftool", "-j", "prog", "show"]).wait(within: 5)
      let programs = try JSONDecoder().decode([Program].self, from: Data(ended.output.utf8))
      return Set(programs.filter { $0.name?.hasPrefix("sluice") == true }.map(\.id))
    }
  }
}
