import Foundation
import Testing

extension DirectorLab {
  /// Clients that leave checksums to a NIC that is not there, as containers do.
  @Suite struct UnfinishedChecksumTests {
    @Test("A client with checksum offload behind a veth pair reaches every service", arguments: ["native", "generic"])
    func offload(_ mode: String) throws {
      let lab = try Laboratory()
      // The bridge between them passes unfinished checksums on, if all its ports can.
      for (host, device) in [(Laboratory.Host.client, "eth0"), (.net, "client"), (.net, "director"), (.director, "eth0")] {
        try lab.output(host, "ethtool", "-K", device, "tx", "on")
      }
      let daemon = try lab.direct(.usual, director: ["mode: \(mode)"])
      defer { daemon.signal(SIGTERM) }
      let result = try lab.http("--connections", "50", "--per-connection", "2").result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(try lab.udp("--flows", "20").result().lost == 0)
      let completed = try lab.statistics().flows.first { $0.name == "checksum-completed" }?.total ?? 0
      #expect(completed > 100, "the client's checksums were unfinished: \(completed)")
    }
  }
}
