import Foundation
import Testing

extension DirectorLab {
  @Suite struct HTTPTests {
    @Test("2,000 requests over 200 connections are all answered")
    func allAnswered() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      defer { daemon.signal(SIGTERM) }
      let result = try lab.http("--connections", "200", "--per-connection", "10").result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(result.requests == 2000)
      #expect(result.connections == 200)
      #expect(Set(result.servers.keys) == ["rs1", "rs2", "rs3"])
    }

    // As many connections as requests, because shares are shares of connections; with 2,000 of them the standard deviation is one
    // percentage point.
    @Test("Weights 1 : 1 : 2 give shares of 25, 25 and 50 percent within five points")
    func shares() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      defer { daemon.signal(SIGTERM) }
      let result = try lab.http("--connections", "2000", "--per-connection", "1").result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(abs(result.share("rs1") - 25) <= 5, "\(result.servers)")
      #expect(abs(result.share("rs2") - 25) <= 5, "\(result.servers)")
      #expect(abs(result.share("rs3") - 50) <= 5, "\(result.servers)")
    }

    @Test("The real servers' logs have the client's own address")
    func clientAddress() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      defer { daemon.signal(SIGTERM) }
      #expect(try lab.http("--connections", "200", "--per-connection", "1").result().failed == 0)
      for host in ["rs1", "rs2", "rs3"] {
        let log = try String(contentsOfFile: "\(lab.folder)/\(host)/access.log", encoding: .utf8)
        // Before the director started, the lab itself sent each nginx a request, locally from the VIP to the VIP.
        let clients = Set(log.split(separator: "\n").compactMap { $0.split(separator: " ").first }).subtracting([
          Laboratory.vip[...]
        ])
        #expect(clients == [Laboratory.clientAddress[...]], "\(host)")
      }
    }

    @Test("Replies bypass the director and go straight to the client")
    func answersPass() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      defer { daemon.signal(SIGTERM) }
      // The bridge's end of the director's cable carries all its frames in and out, whatever the director's kernel does with
      // them.
      let answers = try lab.capture(.net, device: "director", "ip and src host \(Laboratory.vip)")
      let requests = try lab.capture(.net, device: "director", "ip and dst host \(Laboratory.vip)")
      #expect(try lab.http("--connections", "100", "--per-connection", "2").result().failed == 0)
      #expect(try answers.frames().isEmpty)
      #expect(try requests.frames().count > 400)
    }

    @Test(
      "iperf3 through the VIP runs five seconds without a stall",
      arguments: [Server.rs1, Server.rs3]
    )
    func throughput(_ server: Server) throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.throughput: [server]])
      defer { daemon.signal(SIGTERM) }
      let command = ["iperf3", "--client", Laboratory.vip, "--port", "5201", "--time", "5", "--interval", "0.5", "--json"]
      let ended = try lab.run(.client, command)
      let report = try JSONDecoder().decode(Throughput.self, from: Data(ended.output.utf8))
      #expect(report.error == nil)
      let intervals = report.intervals.map(\.sum)
      #expect(intervals.reduce(0) { $0 + $1.seconds } > 4.5)
      #expect(intervals.allSatisfy { $0.bytes > 0 }, "\(intervals)")
    }
  }
}

/// The part of iperf3's report that shows a stall.
private struct Throughput: Decodable {
  struct Interval: Decodable {
    struct Sum: Decodable {
      let bytes: Int
      let seconds: Double
    }
    let sum: Sum
  }
  let intervals: [Interval]
  let error: String?
}
