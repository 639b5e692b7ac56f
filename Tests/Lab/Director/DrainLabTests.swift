import Foundation
import Glibc
import Testing

extension DirectorLab {
  /// Taking servers out under load.
  @Suite struct DrainTests {
    @Test(
      "UDP clients that never pause keep a drained server, until the deadline: then they are answered by the others",
      arguments: ["drain", "maintenance"]
    )
    func deadline(_ command: String) throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.echo: [.rs1, .rs2]])
      defer { daemon.signal(SIGTERM) }
      let load = try lab.udp("--flows", "20", "--per-flow", "50", "--pause", "0.2")
      #expect(try holds(within: 5) { try lab.status().services[0].servers[0].inactive > 2 })
      let server = ["server", command, "udp", "\(Laboratory.vip):53", Server.rs1.address]
      let began = ContinuousClock.now
      let drain = try lab.start(
        .director,
        [Laboratory.sluice] + server + ["--wait", "--deadline", "4s", "--socket", lab.socket]
      )
      usleep(2_500_000)
      #expect(drain.isRunning && drain.output.contains(" connections are left\n"), "\(drain.output)\(drain.errors)")
      let ended = try drain.wait(within: 10)
      let time = began.duration(to: .now)
      #expect(ended.status == 0, "\(ended.text)")
      #expect(time > .seconds(4) && time < .seconds(7), "\(time)")
      let tells = ["no connection is left\n", "follows on-server-loss (rehash)\n"].contains { ended.output.hasSuffix($0) }
      #expect(tells, "\(ended.text)")
      let events = try lab.operate("events")
      #expect(events.contains("10.9.0.11 of udp 10.9.0.100:53: its drain is over, 0 active and "), "\(events)")
      let result = try load.result()
      #expect(result.lost == 0 && result.moved > 2, "\(result)")
      let status = try lab.operate("server", "show", "udp", "\(Laboratory.vip):53", Server.rs1.address)
      #expect(status.contains(" by eth0, MTU ") && status.contains("0 active, 0 inactive"), "\(status)")
    }

    @Test("A drain that waits returns when the last connection has ended")
    func lastConnection() throws {
      let lab = try Laboratory()
      // Entries of closed connections would stay for two minutes.
      let text = lab.configuration([.http: [.rs1, .rs2]]) + "timeouts: { fin-wait: 2, close: 2 }\n"
      let daemon = try lab.start(.director, [Laboratory.sluice, "run", "--config", try lab.write(text, to: "sluice.yaml")])
      defer { daemon.signal(SIGTERM) }
      try lab.awaitReady(daemon)
      let load = try lab.http("--connections", "10", "--per-connection", "15", "--at-once", "10", "--pause", "0.2")
      #expect(try holds(within: 5) { try lab.status().services[0].servers[0].active > 0 })
      let drain = try lab.start(
        .director,
        [
          Laboratory.sluice, "server", "drain", "tcp", "\(Laboratory.vip):80", Server.rs1.address, "--wait", "--socket",
          lab.socket,
        ]
      )
      #expect(try load.result().failed == 0)
      let isOver = try holds(within: 20) { !drain.isRunning }
      #expect(isOver && drain.output.hasSuffix("no connection is left\n"), "\(drain.output)\(drain.errors)")
    }
  }
}
