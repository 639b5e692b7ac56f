import Foundation
import Glibc
import Reconciler
import Testing

extension DirectorLab {
  /// What an operator learns from `sluice events` and the log.
  @Suite struct EventsTests {
    private func events(_ lab: Laboratory, _ words: String...) throws -> [Event] {
      struct List: Decodable { let events: [Event] }
      let text = try lab.run(.director, [Laboratory.sluice, "events", "--json", "--socket", lab.socket] + words).output
      return try JSONDecoder().decode(List.self, from: Data(text.utf8)).events
    }

    @Test(
      "Edits with who made them, begin and end of forwarding: events that a stop and kill -9 survive, with numbers that go on"
    )
    func acrossRestarts() throws {
      let lab = try Laboratory()
      let first = try lab.direct(.usual)
      try lab.operate("server", "drain", "tcp", "\(Laboratory.vip):80", Server.rs1.address)
      let drained = ": ~ server 10.9.0.11 of tcp 10.9.0.100:80: weight 1 -> 0: generation "
      let edit = try #require(try events(lab).last)
      #expect(edit.kind == .edit && edit.text.hasPrefix("uid 0, pid ") && edit.text.contains(drained), "\(edit)")
      first.signal(SIGTERM)
      #expect(try first.wait(within: 5).status == 0, "\(first.errors)")
      let second = try lab.direct(.usual)
      _ = try lab.write(lab.configuration([.http: [.rs1]]), to: "sluice.yaml")
      second.signal(SIGHUP)
      let file = "\(lab.folder)/sluice.yaml applied on SIGHUP: "
      #expect(try holds(within: 3) { try events(lab).last?.text.hasPrefix(file) == true })
      // It is written within a moment.
      usleep(300_000)
      second.signal(SIGKILL)
      try second.wait(within: 5)
      let third = try lab.direct([.http: [.rs1]])
      defer { third.signal(SIGTERM) }
      let all = try events(lab)
      #expect(all.map(\.number) == Array(1...UInt64(all.count)), "\(all)")
      #expect(all.filter { $0.text.hasPrefix("forwarding on eth0 ") && $0.kind == .steering }.count == 3, "\(all)")
      #expect(all.filter { $0.text == "detached from eth0" }.count == 1, "\(all)")
      #expect(all.filter { $0.text.contains(drained) }.count == 1 && all.filter { $0.text.hasPrefix(file) }.count == 1, "\(all)")
      #expect(try events(lab, "--since", "1h") == all)
      #expect(try events(lab, "--since", "2099-01-01T00:00:00Z").isEmpty)
    }

    @Test("In the journal, lines have their severity")
    func severity() throws {
      let lab = try Laboratory()
      let file = try lab.write(lab.configuration([.http: [.rs1]]), to: "sluice.yaml")
      let start = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec \(Laboratory.sluice) run --config \(file)"
      let daemon = try lab.start(.director, ["sh", "-c", start])
      defer { daemon.signal(SIGTERM) }
      try lab.awaitReady(daemon)
      #expect(daemon.errors.contains("<6>sluice: forwarding on eth0 "), "\(daemon.errors)")
      #expect(daemon.errors.contains("<4>sluice: warning: no hash-key is set"), "\(daemon.errors)")
    }

    @Test(
      "Hooks: a server that is killed and comes back runs the director's command, a quorum lost the service's, and a failing one is an event"
    )
    func hooks() throws {
      let lab = try Laboratory()
      let output = "\(lab.folder)/hooks.txt"
      let hook = try lab.write(
        "#!/bin/sh\necho \"$1 $SLUICE_EVENT $SLUICE_SERVICE $SLUICE_SERVER $SLUICE_LIVE/$SLUICE_SERVERS: $SLUICE_REASON\" >> \(output)\n",
        to: "hook"
      )
      chmod(hook, 0o755)
      let text = lab.configuration(
        [.http: [.rs1, .rs2]],
        director: ["hooks: { server-up: \(hook) all, server-down: \(hook) all, quorum-lost: \(hook) all, quorum-up: /bin/false }"]
      ).replacing(
        "    servers:",
        with: "    check: { kind: http, path: /healthz, interval: 300ms, timeout: 200ms, damping: 0s, quorum: 2 }\n"
          + "    hooks: { quorum-lost: \(hook) own }\n    servers:"
      )
      let daemon = try lab.start(.director, [Laboratory.sluice, "run", "--config", try lab.write(text, to: "sluice.yaml")])
      defer { daemon.signal(SIGTERM) }
      try lab.awaitReady(daemon)
      func lines() -> [String] {
        ((try? String(contentsOfFile: output, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
      }
      #expect(try holds(within: 5) { lines().count == 2 }, "\(lines())")
      try Data().write(to: URL(filePath: "\(lab.folder)/rs1/broken"))
      let service = "tcp 10.9.0.100:80"
      #expect(try holds(within: 5) { lines().count == 4 }, "\(lines())")
      let down = lines().suffix(2).sorted()
      #expect(down.first == "all server-down \(service) 10.9.0.11 1/2: HTTP 500 from 10.9.0.11:80/healthz, 3 of 3", "\(down)")
      #expect(down.last == "own quorum-lost \(service)  1/2: weight 1 is live, 2 is wanted", "\(down)")
      try FileManager.default.removeItem(atPath: "\(lab.folder)/rs1/broken")
      #expect(try holds(within: 5) { lines().last?.hasPrefix("all server-up \(service) 10.9.0.11 2/2: ") == true }, "\(lines())")
      let failed = "hook quorum-up of \(service): /bin/false exited with 1"
      #expect(try holds(within: 5) { try events(lab).contains { $0.kind == .hook && $0.text == failed } }, "\(daemon.errors)")
      #expect(try lab.operate("stats").contains("hook-run"))
    }

    @Test("A client that follows does not hold up a stop, and gets events as they come")
    func following() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      let follower = try lab.start(
        .director,
        [Laboratory.sluice, "events", "--follow", "--json", "--since", "1s", "--socket", lab.socket]
      )
      usleep(1_500_000)
      let began = ContinuousClock.now
      try lab.operate("server", "drain", "tcp", "\(Laboratory.vip):80", Server.rs1.address)
      #expect(try holds(within: 2) { follower.output.contains("weight 1 -> 0") }, "\(follower.output)\(follower.errors)")
      print("an edit is shown after \(began.duration(to: .now))")
      let stopping = ContinuousClock.now
      daemon.signal(SIGTERM)
      #expect(try daemon.wait(within: 5).status == 0, "\(daemon.errors)")
      #expect(stopping.duration(to: .now) < .seconds(2))
      try follower.wait(within: 5)
    }
  }
}
