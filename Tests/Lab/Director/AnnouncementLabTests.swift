import Foundation
import Testing

extension DirectorLab {
  /// Neighbours learn where the VIPs are without asking.
  @Suite struct AnnouncementTests {
    private static let vip6 = "fd09::100"
    private static let services: [String: [Server]] = [
      .http: [.rs1], "tcp [\(vip6)]:80": [Server(address: "fd09::11")],
    ]

    /// Gives the client another MAC address for the VIP, as after a fail-over.
    private func mislead(_ lab: Laboratory, _ vip: String) throws {
      try lab.output(.client, "ip", "neigh", "replace", vip, "lladdr", "02:00:00:00:00:99", "nud", "reachable", "dev", "eth0")
    }

    private func expectLearned(_ lab: Laboratory, _ vip: String, within seconds: Double = 3) throws {
      let mac = try lab.mac(.director).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(separator: ":")
      let isLearned = try holds(within: seconds) {
        try lab.output(.client, "ip", "neigh", "show", vip, "dev", "eth0").contains(mac)
      }
      let entry = try lab.output(.client, "ip", "neigh", "show", vip, "dev", "eth0")
      #expect(isLearned, "\(vip) is not at \(mac): \(entry)")
    }

    @Test("At the start, after a take-over, when the link comes up and by command; twice each time")
    func announced() throws {
      let lab = try Laboratory()
      for vip in [Laboratory.vip, Self.vip6] { try mislead(lab, vip) }
      let first = try lab.direct(Self.services)
      for vip in [Laboratory.vip, Self.vip6] { try expectLearned(lab, vip) }

      for vip in [Laboratory.vip, Self.vip6] { try mislead(lab, vip) }
      first.signal(SIGKILL)
      try first.wait(within: 5)
      let daemon = try lab.direct(Self.services)
      defer { daemon.signal(SIGTERM) }
      for vip in [Laboratory.vip, Self.vip6] { try expectLearned(lab, vip) }

      for vip in [Laboratory.vip, Self.vip6] { try mislead(lab, vip) }
      try lab.output(.net, "ip", "link", "set", "director", "down")
      usleep(300_000)
      try lab.output(.net, "ip", "link", "set", "director", "up")
      for vip in [Laboratory.vip, Self.vip6] { try expectLearned(lab, vip) }

      usleep(3_000_000)
      let seen = try lab.capture(.client, "arp or icmp6[0] == 136", direction: "in")
      #expect(try lab.operate("announce").contains("announced 2 VIPs"))
      usleep(3_000_000)
      let frames = try seen.frames().filter { $0.source != [] && ($0.word(12) == 0x0806 ? $0.word(20) == 1 : true) }
      let announcements = frames.filter { frame in
        frame.word(12) == 0x0806 ? Array(frame.bytes[28..<32]) == Array(frame.bytes[38..<42]) : frame.word(18) == 32
      }
      #expect(announcements.count == 4, "two VIPs, twice: \(announcements.count)")
    }

    @Test("One VIP alone; one that is not on an attached interface, and one of no service, are said to be so")
    func refusals() throws {
      let lab = try Laboratory()
      let file = try lab.write(
        lab.configuration([.http: [.rs1], "tcp 10.9.77.1:80": [.rs1]]).replacing(
          "addresses: managed",
          with: "addresses: external"
        ),
        to: "sluice.yaml"
      )
      try lab.output(.director, "ip", "addr", "add", "\(Laboratory.vip)/32", "dev", "eth0")
      try lab.output(.director, "ip", "addr", "add", "10.9.77.1/32", "dev", "lo")
      let daemon = try lab.start(.director, [Laboratory.sluice, "run", "--config", file])
      defer { daemon.signal(SIGTERM) }
      try lab.awaitReady(daemon)
      #expect(try lab.operate("announce", Laboratory.vip) == "announced 1 VIP\n")
      #expect(try lab.operate("announce") == "announced 1 VIP; 10.9.77.1 is on no attached interface that is up\n")
      let refused = try lab.run(
        .director,
        [Laboratory.sluice, "announce", "10.9.0.77"],
        environment: ["SLUICE_SOCKET": lab.socket]
      )
      #expect(refused.status != 0 && refused.errors.contains("no service has the VIP 10.9.0.77"), "\(refused.text)")
    }
  }
}
