import Fixtures
import Testing

@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler

/// `explain` and `replay` must give the same answer.
@Suite struct ExplainReplayTests {
  @Test("explain and replay give the same result for a flow", arguments: [TransportProtocol.tcp, .udp])
  func agreement(transport: TransportProtocol) throws {
    let configuration = try TestTopology.configuration([
      "ring: 251\n    servers: [{ address: 10.0.0.2 }]":
        "ring: 251\n    servers: [{ address: 10.0.0.2 }, { address: 10.1.0.9, weight: 3, forward: ipip }]"
    ])
    let director = try OfflineDirector(configuration)
    let destinations = ["10.0.0.100:80", "10.0.0.100:81", "10.0.0.101:53", "10.0.0.102:80"].compactMap { Endpoint($0) }
    let flows = (0..<200).compactMap { number in
      let source = Endpoint(address: IPAddress(192, 0, 2, UInt8(number)), port: UInt16(1024 + number * 7))
      return FlowTuple(transport, from: source, to: destinations[number % 4])
    }
    let frames = flows.map { $0.frame(to: hex("020000000002"), begins: true) }
    let capture = Capture(frames.map { (seconds: 1, fraction: 0, bytes: $0) })
    let lines = try TestTopology.replay(capture.bytes, configuration).lines
    for (flow, line) in zip(flows, lines) {
      let explained = director.explain(flow)
      #expect(explained.verdict == line.played.verdict, "\(flow)")
      #expect(explained.reason == line.played.reason, "\(flow)")
      #expect(explained.service?.service == line.played.service, "\(flow)")
      #expect(explained.server?.address == line.played.server, "\(flow)")
      #expect(explained.nextHop?.interface == line.played.interface, "\(flow)")
      let sent = line.played.sent.first.map { $0.dropLast(flow.packet(begins: true).count).hexadecimal }
      #expect(explained.header?.bytes == sent, "\(flow)")
    }
    let servers = Set(lines.compactMap(\.played.server))
    #expect(servers.count == (transport == .tcp ? 2 : 1))
  }
}
