import API
import Configuration
import Fixtures
import Foundation
import Model
import Netlink
import Offline
import Reconciler
import Testing

extension DirectorLab {
  /// Cases of the fixture table against the running director: kernel, steering program, rings, worker and wire.
  @Suite struct FixtureTests {
    /// One case of each row, family and configuration, out of those that need no clock, no thousand packets and no configuration
    /// switch.
    static let chosen: [FixtureCase] = {
      var seen: Set<[String]> = []
      return FixtureTable.cases.filter { entry in
        FixtureTopology.configurations.contains(entry.configuration) && entry.at == nil && entry.packets.count <= 8
          && entry.packets.allSatisfy { $0.time == nil && ($0.count ?? 1) <= 3 && $0.reason != "dropped-late-fragment" }
          // Frames that steering passes go to the host, which would answer.
          && entry.packets.allSatisfy { $0.verdict != "pass" }
          // Path MTUs are the configuration's, not the cables'; and a learned MTU would outlast its case.
          && !entry.row.hasPrefix("size-")
          && seen.insert([entry.row, "\(entry.family)", entry.configuration]).inserted
      }
    }()

    @Test func `at least forty cases are chosen, of most rows`() {
      #expect(Self.chosen.count >= 40)
      #expect(Set(Self.chosen.map(\.row)).count >= 20)
    }

    @Test("The frames on the wire are those that scapy builds", arguments: FixtureTopology.configurations)
    func wire(configuration: String) throws {
      let all = Self.chosen.filter { $0.configuration == configuration }
      // Cases that hold a fragment come first: another case's first fragment of the same datagram would be remembered.
      let cases = all.filter(\.holds) + all.filter { !$0.holds }
      let topology = try FixtureTopology()
      let daemon = try topology.start(configuration)
      defer { daemon.signal(SIGTERM) }
      for entry in cases {
        let (results, frames) = try topology.pass(entry)
        let faults = entry.faults(results, frames: frames)
        #expect(faults.isEmpty, "\(entry)\n\(faults.joined(separator: "\n"))")
      }
      // Verdicts are not on the wire; the counters have them.
      let expected = cases.flatMap(\.allPackets).reduce(into: [String: UInt64]()) { $0[$1.reason, default: 0] += 1 }
      let counted = try topology.statistics().workers.filter { $0.total != 0 && !["received", "held"].contains($0.name) }
      #expect(Dictionary(uniqueKeysWithValues: counted.map { ($0.name, $0.total) }) == expected)
    }
  }
}

extension FixtureTopology {
  private var socket: String { "\(folder)/sluice.sock" }

  /// Starts the director with a configuration of the table; returns when it has a next hop for every server.
  fileprivate func start(_ configuration: String) throws -> Running {
    let text = try String(contentsOfFile: FixtureTable.path(configuration), encoding: .utf8)
    let own = text.replacing(
      "director:\n",
      with: "director:\n  socket: \(socket)\n  addresses: external\n  workers: 1\n",
      maxReplacements: 1
    )
    try own.write(toFile: "\(folder)/sluice.yaml", atomically: true, encoding: .utf8)
    let daemon = try Running(inside("director") + [Laboratory.sluice, "run", "--config", "\(folder)/sluice.yaml"])
    let isReady = try holds(within: 10) {
      guard daemon.isRunning else { throw LabFailure("the director ended: \(daemon.output)\(daemon.errors)") }
      guard let status = try? status() else { return false }
      return status.services.allSatisfy { $0.servers.allSatisfy { $0.state != .unresolved } }
    }
    guard isReady else { throw LabFailure("the director is not ready: \(daemon.output)\(daemon.errors)") }
    return daemon
  }

  private func operate(_ word: String) throws -> Data {
    Data(try run(inside("director") + [Laboratory.sluice, word, "--json"], environment: ["SLUICE_SOCKET": socket]).utf8)
  }

  private func status() throws -> Status { try JSONDecoder().decode(Status.self, from: operate("status")) }

  fileprivate func statistics() throws -> Statistics { try JSONDecoder().decode(Statistics.self, from: operate("stats")) }

  /// Sends a case's frames one after another and assigns the received frames to them.
  fileprivate func pass(_ entry: FixtureCase) throws -> (results: [FixtureResult], frames: [[UInt8]]) {
    let packets = entry.allPackets
    // A held packet leaves after the one it waits for.
    let releases = packets.indices.map { index in
      packets.indices.filter { packets[$0].verdict == "hold" && packets[$0].after == index + 1 }
    }
    let script = packets.indices.map { index -> String in
      let own = packets[index].verdict == "hold" ? 0 : packets[index].output?.count ?? 1
      let held = releases[index].reduce(0) { $0 + (packets[$1].output?.count ?? 0) }
      return "{\"frame\": \"\(packets[index].frame.digits)\", \"expect\": \(own + held)}\n"
    }
    try script.joined().write(toFile: "\(folder)/script", atomically: true, encoding: .utf8)
    let program = "\(Laboratory.tools)/traffic/frames far-eth0 far-eth1 < \(folder)/script"
    let answers = try run(inside("wire") + ["timeout", "30", "sh", "-c", program]).split(separator: "\n")

    var results = packets.enumerated().map { FixtureResult(packet: $0.offset + 1, as: $0.element) }
    var frames: [[UInt8]] = []
    for (index, answer) in answers.enumerated() where index < packets.count {
      var waiting = releases[index].flatMap { Array(repeating: $0, count: packets[$0].output?.count ?? 0) }[...]
      for (number, frame) in try JSONDecoder().decode([[String]].self, from: Data(answer.utf8)).enumerated() {
        frames.append(try JSONDecoder().decode(HexBytes.self, from: Data("\"\(frame[1])\"".utf8)).bytes)
        let isOwn = packets[index].verdict != "hold" && number < packets[index].output?.count ?? 1
        let owner = isOwn ? index : waiting.popFirst() ?? index
        results[owner].output.append(frames.count)
        results[owner].interface = String(frame[0].dropFirst("far-".count))
      }
    }
    return (results, frames)
  }
}

extension FixtureCase {
  fileprivate var holds: Bool { packets.contains { $0.verdict == "hold" } }
}

extension FixtureResult {
  /// Results that can't be seen on the wire are taken as expected; those that can start empty.
  fileprivate init(packet: Int, as expected: FixtureCase.Packet) {
    self.init(
      packet: packet,
      verdict: expected.verdict,
      reason: expected.reason,
      service: nil,
      server: expected.server ?? expected.servers?.first,
      interface: nil,
      output: []
    )
  }
}
