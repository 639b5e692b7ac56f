import Foundation
import Testing

extension DirectorLab {
  /// How the daemon reacts to signals.
  @Suite struct SignalTests {
    @Test("SIGHUP applies the file's services each time, one that is wrong changes nothing, and SIGTERM still ends it")
    func reload() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      for round in 1...5 {
        _ = try lab.write(lab.configuration([.http: [.rs1.weighing(round + 1)]]), to: "sluice.yaml")
        daemon.signal(SIGHUP)
        #expect(
          try holds(within: 3) { try lab.status().services.first?.servers.first?.weight == round + 1 },
          "\(daemon.errors)"
        )
      }
      _ = try lab.write("services: [{service: nonsense}]\n", to: "sluice.yaml")
      daemon.signal(SIGHUP)
      #expect(try holds(within: 3) { daemon.errors.contains("sluice: error: ") })
      #expect(daemon.errors.contains("sluice.yaml not applied, nothing has changed: "))
      #expect(try lab.status().services.first?.servers.first?.weight == 6)
      daemon.signal(SIGTERM)
      #expect(try daemon.wait(within: 5).status == 0, "\(daemon.errors)")
      #expect(daemon.errors.hasSuffix("sluice: stopping: SIGTERM\n"))
    }

    /// The VIPs go first and the steering program last: in between, the kernel would reset every connection.
    @Test("A stop by SIGTERM resets no connection, and a start soon after goes on with all of them")
    func restart() throws {
      let lab = try Laboratory()
      let first = try lab.direct(.usual)
      let resets = try lab.capture(.client, "tcp[tcpflags] & tcp-rst != 0 and src host \(Laboratory.vip)", direction: "in")
      let long = try lab.http("--connections", "40", "--per-connection", "40", "--at-once", "40", "--pause", "0.1")
      usleep(1_000_000)
      first.signal(SIGTERM)
      #expect(try first.wait(within: 5).status == 0)
      usleep(300_000)
      let second = try lab.direct(.usual)
      defer { second.signal(SIGTERM) }
      let result = try long.result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(result.requests == 40 * 40)
      #expect(try resets.frames().isEmpty)
    }

    @Test("SIGTERM at any moment of a start leaves nothing behind")
    func whileStarting() throws {
      let lab = try Laboratory()
      let file = try lab.write(lab.configuration(.usual), to: "sluice.yaml")
      let before = try lab.output(.director, "ip", "-br", "address", "show", "eth0")
      for milliseconds in stride(from: 0, through: 600, by: 40) {
        let daemon = try lab.start(.director, [Laboratory.sluice, "run", "--config", file])
        usleep(UInt32(milliseconds) * 1000)
        daemon.signal(SIGTERM)
        // Before the daemon traps signals it has done nothing that must be undone.
        #expect([0, -SIGTERM].contains(try daemon.wait(within: 5).status), "\(milliseconds) ms: \(daemon.errors)")
        #expect(try !lab.output(.director, "bpftool", "net").contains("eth0("), "\(milliseconds) ms")
        #expect(try lab.output(.director, "ip", "-br", "address", "show", "eth0") == before, "\(milliseconds) ms")
        #expect(!FileManager.default.fileExists(atPath: lab.socket), "\(milliseconds) ms")
      }
    }
  }
}
