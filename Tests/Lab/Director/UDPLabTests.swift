import Foundation
import Testing

extension DirectorLab {
  @Suite struct UDPTests {
    @Test(
      "All datagrams are answered from the VIP to the client's own address, each flow by one server, in the shares of the weights"
    )
    func allAnswered() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual)
      defer { daemon.signal(SIGTERM) }
      // 1,000 flows: the standard deviation of a share of 50 percent is 1.6 points.
      let result = try lab.udp("--flows", "1000", "--per-flow", "3").result()
      #expect(result.sent == 3000)
      #expect(result.lost == 0)
      #expect(result.foreign == 0)
      #expect(result.moved == 0)
      #expect(abs(result.share("rs1") - 25) <= 5, "\(result.servers)")
      #expect(abs(result.share("rs2") - 25) <= 5, "\(result.servers)")
      #expect(abs(result.share("rs3") - 50) <= 5, "\(result.servers)")
    }

    @Test("Flows of a server that is gone from the network go to the others after seconds")
    func serverGone() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.echo: [.rs1, .rs2]])
      defer { daemon.signal(SIGTERM) }
      let before = try lab.udp("--flows", "20", "--per-flow", "2", "--first-port", "30000").result()
      #expect(before.lost == 0 && before.servers.count == 2, "\(before.servers)")
      // A confirmed neighbour entry would stay for up to 45 seconds.
      try lab.output(.director, "sysctl", "-qw", "net.ipv4.neigh.eth0.base_reachable_time_ms=1000")
      try lab.output(.rs1, "ip", "link", "set", "eth0", "down")
      // The entry fails by and by: delay, three probes; then come the seconds for which the flows are kept.
      let isGivenUp = try holds(within: 60) { try lab.operate("events").contains("flows follow the loss policy") }
      let status = try lab.operate("status")
      #expect(isGivenUp, "\(status)")
      let after = try lab.udp("--flows", "20", "--per-flow", "2", "--first-port", "30000").result()
      #expect(after.lost == 0, "the flows of rs1 too")
      #expect(after.servers.keys.sorted() == ["rs2"], "\(after.servers)")
    }
  }
}
