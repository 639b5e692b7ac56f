import Fixtures
import Forwarding
import PlainDirector
import Testing

@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler

/// A replay's state: flows, over the capture's time and over configuration switches.
@Suite struct ReplayFlowTests {
  /// A frame of a TCP flow from 192.0.2.1 to 10.0.0.100:80.
  private func tcp(port: UInt16, begins: Bool) throws -> [UInt8] {
    let source = Endpoint(address: IPAddress(192, 0, 2, 1), port: port)
    let flow = try #require(FlowTuple(.tcp, from: source, to: Sample.web.endpoint))
    return flow.frame(to: hex("020000000002"), begins: begins)
  }

  /// The topology with several servers of the web service, given by the last bytes of their addresses.
  private func topology(servers: [Int], loss: String = "rehash") throws -> Configuration {
    let list = servers.map { "{ address: 10.0.0.\($0) }" }.joined(separator: ", ")
    let hops = servers.map { "    10.0.0.\($0): { mac: 02:00:00:00:00:\($0 + 20) }\n" }.joined()
    return try TestTopology.configuration([
      "ring: 251\n    servers: [{ address: 10.0.0.2 }]": "ring: 251\n    on-server-loss: \(loss)\n    servers: [\(list)]",
      "    10.0.0.2: { mac: 02:00:00:00:00:22 }\n": hops,
    ])
  }

  private func servers(_ lines: [ReplayLine]) -> [String?] { lines.map { $0.played.server?.description } }

  @Test func `known flows keep their server over a switch that moves the hash, new ones do not`() throws {
    let ports = (0..<40).map { UInt16(40000 + $0) }
    let begun = try ports.flatMap { [try tcp(port: $0, begins: true), try tcp(port: $0, begins: false)] }
    let later = try ports.map { try tcp(port: $0, begins: false) }
    let before = try topology(servers: [2])
    let after = try topology(servers: [2, 3, 4, 5])
    var capture = Capture(begun.map { (seconds: 10, fraction: 0, bytes: $0) })
    capture.records += later.map { (seconds: 11, fraction: 0, bytes: $0) }
    let lines = try TestTopology.replay(capture.bytes, before, at: [ReplaySwitch(packet: 81, configuration: after)]).lines
    #expect(Set(servers(lines)) == ["10.0.0.2"])
    // The same packets to a director that does not know the flows.
    let unknown = try TestTopology.replay(Capture(later.map { (seconds: 11, fraction: 0, bytes: $0) }).bytes, after).lines
    #expect(Set(servers(unknown)).count == 4)
  }

  @Test func `a flow with a server that a switch removes follows the service's on-server-loss`() throws {
    let frames = [try tcp(port: 40000, begins: true), try tcp(port: 40000, begins: false), try tcp(port: 40000, begins: false)]
    let capture = Capture(frames.map { (seconds: 10, fraction: 0, bytes: $0) }).bytes
    for (loss, verdicts, last) in [
      ("rehash", ["forward", "forward", "forward"], "10.0.0.3"), ("drop", ["forward", "forward", "drop"], nil),
    ] {
      let before = try topology(servers: [2], loss: loss)
      let after = try topology(servers: [3], loss: loss)
      let lines = try TestTopology.replay(capture, before, at: [ReplaySwitch(packet: 3, configuration: after)]).lines
      #expect(lines.map(\.played.verdict) == verdicts)
      #expect(servers(lines) == ["10.0.0.2", "10.0.0.2", last])
    }
  }

  @Test func `switches are made in packet order, those at one packet in the given order`() throws {
    let frames = try (0..<4).map { try tcp(port: UInt16(40000 + $0), begins: true) }
    let switches = try [(3, 4), (2, 9), (2, 3), (9, 5)].map {
      ReplaySwitch(packet: $0, configuration: try topology(servers: [$1]))
    }
    let lines = try TestTopology.replay(
      Capture(frames.map { (seconds: 10, fraction: 0, bytes: $0) }).bytes,
      try topology(servers: [2]),
      at: switches
    )
    .lines
    #expect(servers(lines) == ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.4"])
  }

  @Test func `a switch keeps the interfaces and next hops that its file does not mention`() throws {
    let after = try Configuration(
      yaml:
        "services: [{ service: tcp 10.0.0.100:80, ring: 251, servers: [{ address: 10.0.0.2 }, { address: 10.0.0.3, weight: 0 }] }]\n"
        + "replay: { next-hops: { 10.0.0.3: { mac: 02:00:00:00:00:33 } } }\n",
      file: "after.yaml",
      needsInterfaces: false,
      staticTopology: .changes(interfaces: ["eth0", "eth1"])
    )
    let input = Capture(Wire.frame(Wire.syn), Wire.frame(Wire.dns))
    let (lines, output, summary) = try TestTopology.replay(input.bytes, at: [ReplaySwitch(packet: 1, configuration: after)])
    #expect(lines.map(\.played.verdict) == ["forward", "pass"])
    #expect(Array(output[40..<52]) == hex("020000000022 020000000002"))
    #expect(summary.notes == [])
  }

  /// Two datagrams of one flow, with a switch to other servers between them: the second keeps its server if the flow is still
  /// known.
  private func isKept(seconds first: UInt32, _ second: UInt32) throws -> Bool {
    let before = try TestTopology.configuration()
    // The former server is drained, so only an entry leads to it.
    let drained = try TestTopology.configuration([
      "[{ address: 10.1.0.9, forward: ipip }]":
        "[{ address: 10.1.0.9, weight: 0, forward: ipip }, { address: 10.1.0.10, forward: ipip }]",
      "    10.1.0.9:": "    10.1.0.10: { mac: 02:00:00:00:01:98 }\n    10.1.0.9:",
    ])
    let input = Capture([
      (seconds: first, fraction: 0, bytes: Wire.frame(Wire.dns)), (seconds: second, fraction: 0, bytes: Wire.frame(Wire.dns)),
    ])
    let lines = try TestTopology.replay(input.bytes, before, at: [ReplaySwitch(packet: 2, configuration: drained)]).lines
    return servers(lines) == ["10.1.0.9", "10.1.0.9"]
  }

  @Test func `flows expire by the capture's clock`() throws {
    #expect(try isKept(seconds: 1000, 1030))
    #expect(try !isKept(seconds: 1000, 1031))
    #expect(try isKept(seconds: 0, 0))
    #expect(try !isKept(seconds: 0, .max))
  }

  @Test func `a packet with an earlier time than the one before expires nothing`() throws {
    #expect(try isKept(seconds: 1000, 999))
    #expect(try isKept(seconds: .max, 0))
  }
}
