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
