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
  }
}
