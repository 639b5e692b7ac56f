import Foundation
import Testing

extension DirectorLab {
  /// Frames of every size that an MTU allows are forwarded, or the interface is refused.
  @Suite struct FrameSizeTests {
    private static let small = [1, 700, 1000, 1450, 1472, 1760, 1800, 2020, 2048, 2600, 2900]
    /// Around each number of 3840 bytes, what one descriptor has of a received frame.
    private static let large = [3700, 3797, 3798, 3799, 3800, 4054, 5000, 7638, 7639, 7640, 8192, 8900, 8948]

    private func jumboLab(_ mtu: Int) throws -> Laboratory {
      let lab = try Laboratory(mtu: mtu)
      for (host, device) in [(Laboratory.Host.client, "eth0"), (.net, "client")] {
        try lab.output(host, "ip", "link", "set", device, "mtu", "\(mtu)")
      }
      return lab
    }

    private func expectForwarded(_ sizes: [Int], _ lab: Laboratory) throws {
      for size in sizes {
        let result = try lab.udp("--flows", "10", "--per-flow", "2", "--size", "\(size)").result()
        #expect(result.lost == 0, "\(size) bytes")
      }
    }

    @Test("With MTU 3000 datagrams of every size up to it are forwarded")
    func oneChunk() throws {
      let lab = try jumboLab(3000)
      let daemon = try lab.direct([.echo: [.rs1, .rs3]])
      defer { daemon.signal(SIGTERM) }
      try expectForwarded(Self.small, lab)
    }

    @Test(
      "With MTU 9000 datagrams and requests of every size up to it are forwarded, by direct routing and in a tunnel",
      arguments: ["native", "generic"]
    )
    func severalChunks(mode: String) throws {
      let lab = try jumboLab(9000)
      let daemon = try lab.direct([.echo: [.rs1, .rs3], .http: [.rs1, .rs3]], director: ["mode: \(mode)"])
      defer { daemon.signal(SIGTERM) }
      try expectForwarded(Self.small + Self.large, lab)
      let post = ["curl", "-s", "--max-time", "5", "-d", String(repeating: "x", count: 100_000), "http://\(Laboratory.vip)/"]
      for _ in 0..<10 { #expect(try lab.run(.client, post).status == 0) }
    }

    @Test("A datagram in fragments of 9000 bytes arrives")
    func fragments() throws {
      let lab = try jumboLab(9000)
      let daemon = try lab.direct([.echo: [.rs1]])
      defer { daemon.signal(SIGTERM) }
      try expectForwarded([9000, 20_000, 40_000], lab)
    }

    @Test("An MTU that grows past a chunk while it runs is followed")
    func grows() throws {
      let lab = try jumboLab(3000)
      let daemon = try lab.direct([.echo: [.rs1]], director: ["mode: generic"])
      defer { daemon.signal(SIGTERM) }
      let path: [(Laboratory.Host, String)] = [
        (.client, "eth0"), (.net, "client"), (.net, "rs1"), (.net, "director"), (.net, "segment"), (.rs1, "eth0"),
        (.director, "eth0"),
      ]
      for (host, device) in path { try lab.output(host, "ip", "link", "set", device, "mtu", "9000") }
      let line = "eth0 has MTU 9000 now: the workers take frames in several buffers"
      #expect(try holds(within: 5) { try lab.operate("events").contains(line) })
      try expectForwarded([100, 3798, 8900], lab)
    }

    @Test("An MTU beyond what a frame may have is refused at the start; later it makes healthz say so")
    func refused() throws {
      let lab = try Laboratory(mtu: 3000)
      try lab.output(.director, "ip", "link", "set", "eth0", "mtu", "20000")
      let file = try lab.write(lab.configuration([.http: [.rs1]]), to: "sluice.yaml")
      let refused = try lab.run(.director, [Laboratory.sluice, "run", "--config", file])
      let line = "eth0 has MTU 20000: frames over 16128 bytes are dropped; `ip link set eth0 mtu 16106`"
      #expect(refused.status != 0 && refused.errors.contains(line), "\(refused.text)")
      try lab.output(.director, "ip", "link", "set", "eth0", "mtu", "16106")
      let daemon = try lab.direct([.http: [.rs1]])
      defer { daemon.signal(SIGTERM) }
      try lab.output(.director, "ip", "link", "set", "eth0", "mtu", "20000")
      #expect(
        try holds(within: 5) {
          try lab.output(.director, "curl", "-s", "--unix-socket", lab.socket, "http://sluice/v1/healthz").contains(line)
        }
      )
    }
  }
}
