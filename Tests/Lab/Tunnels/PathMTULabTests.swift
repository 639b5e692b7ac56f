import Foundation
import Testing

extension DirectorLab {
  /// Path MTU discovery (RFC 1191, RFC 8201) by a client's kernel: on a path of 1500 bytes, a tunnel leaves less.
  @Suite struct PathMTUTests {
    @Test("A bulk upload does not stall, and the client's route cache has the lower MTU", arguments: Path.tunnels)
    func upload(_ path: Path) throws {
      let lab = try Laboratory(mtu: 1500)
      let daemon = try lab.direct([.throughput: [path.server], .throughput6: [path.server]])
      defer { daemon.signal(SIGTERM) }
      for vip in [Laboratory.vip, Laboratory.vip6] {
        let command = ["iperf3", "--client", vip, "--port", "5201", "--bytes", "20M", "--json"]
        let ended = try lab.run(.client, command, within: 15)
        let report = try JSONDecoder().decode(Upload.self, from: Data(ended.output.utf8))
        #expect(report.error == nil)
        // iperf3 ends when the last byte is sent; its server does not count the megabytes that are still in flight.
        #expect(report.end?.received.bytes ?? 0 >= 10 << 20)
        #expect(report.end?.received.seconds ?? 60 < 10, "\(vip) took too long")
        let route = try lab.output(.client, "ip", "route", "get", vip)
        #expect(route.contains("mtu \(1500 - path.overhead) "), "\(route)")
      }
      let reported = try lab.statistics().workers.first { $0.name == "answered-too-big" }
      #expect(reported?.total ?? 0 > 0)
    }

    @Test(
      "Datagrams of 8 KB, with IPv4 fragments as large as the path, are fragmented again and arrive whole",
      arguments: Path.tunnels
    )
    func datagrams(_ path: Path) throws {
      let lab = try Laboratory(mtu: 1500)
      let daemon = try lab.direct([.echo: [path.server]])
      defer { daemon.signal(SIGTERM) }
      let arrived = try lab.capture(.router, "dst host \(path.server.address)", direction: "in")
      let result = try lab.udp("--flows", "10", "--per-flow", "2", "--size", "8192").result()
      #expect(result.lost == 0 && result.foreign == 0 && result.sent == 20)
      // Six fragments each, five of them full.
      let frames = try arrived.frames()
      #expect(frames.count == 20 * (6 + 5))
      #expect(frames.allSatisfy { $0.bytes.count <= 14 + 1500 })
      let statistics = try lab.statistics()
      #expect(statistics.workers.filter { $0.name.hasPrefix("dropped-") }.allSatisfy { $0.total == 0 })
    }
  }
}

/// The part of iperf3's report about an upload.
private struct Upload: Decodable {
  struct End: Decodable {
    struct Sum: Decodable {
      let bytes: Int
      let seconds: Double
    }
    let received: Sum

    enum CodingKeys: String, CodingKey { case received = "sum_received" }
  }
  let end: End?
  let error: String?
}
