import Foundation
import Testing

extension DirectorLab {
  /// Frames of every size that an MTU allows reach a worker whole, or the interface is refused.
  @Suite struct FrameSizeTests {
    @Test("With MTU 3000 datagrams of every size up to it are forwarded")
    func jumbo() throws {
      let lab = try Laboratory(mtu: 3000)
      for (host, device) in [(Laboratory.Host.client, "eth0"), (.net, "client")] {
        try lab.output(host, "ip", "link", "set", device, "mtu", "3000")
      }
      let daemon = try lab.direct([.echo: [.rs1, .rs3]])
      defer { daemon.signal(SIGTERM) }
      for size in [1, 700, 1000, 1450, 1472, 1760, 1800, 2020, 2048, 2600, 2900] {
        let result = try lab.udp("--flows", "10", "--per-flow", "2", "--size", "\(size)").result()
        #expect(result.lost == 0, "\(size) bytes")
      }
    }

    @Test("An MTU whose frames fit no packet buffer is refused at the start; later it makes healthz say so")
    func refused() throws {
      let lab = try Laboratory(mtu: 3000)
      try lab.output(.director, "ip", "link", "set", "eth0", "mtu", "9000")
      let file = try lab.write(lab.configuration([.http: [.rs1]]), to: "sluice.yaml")
      let refused = try lab.run(.director, [Laboratory.sluice, "run", "--config", file])
      let line = "eth0 has MTU 9000: frames over 3840 bytes do not fit a packet buffer and are lost; `ip link set eth0 mtu 3818`"
      #expect(refused.status != 0 && refused.errors.contains(line), "\(refused.text)")
      try lab.output(.director, "ip", "link", "set", "eth0", "mtu", "3818")
      let daemon = try lab.direct([.http: [.rs1]])
      defer { daemon.signal(SIGTERM) }
      try lab.output(.director, "ip", "link", "set", "eth0", "mtu", "9000")
      #expect(
        try holds(within: 5) {
          try lab.output(.director, "curl", "-s", "--unix-socket", lab.socket, "http://sluice/v1/healthz").contains(line)
        }
      )
    }
  }
}
