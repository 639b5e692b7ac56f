import API
import Configuration
import Foundation
import Model
import Netlink
import Offline
import Reconciler
import Testing

extension DirectorLab {
  /// A ping to a VIP tests the service.
  @Suite struct PingTests {
    private static let vips = [Laboratory.vip, Laboratory.vip6]

    @Test("A live VIP answers pings, small and large, with the same number of bytes", arguments: vips)
    func live(_ vip: String) throws {
      let lab = try Laboratory(serving: false)
      let daemon = try lab.direct([.http: [.rs1], .http6: [.rs1v6]])
      defer { daemon.signal(SIGTERM) }
      for size in [0, 56, 1400, 1452] {
        let ended = try lab.ping(vip, "-s", "\(size)", "-M", "do")
        #expect(ended.output.contains("5 received, 0% packet loss"), "\(ended.text)")
        #expect(ended.output.contains("\(size + 8) bytes from \(vip)"), "\(ended.text)")
      }
      #expect(try lab.count("answered-echo") == 20)
    }

    @Test("A ping too large for the client's link is refused there; if it is fragmented, the kernel answers it", arguments: vips)
    func large(_ vip: String) throws {
      let lab = try Laboratory(serving: false)
      let daemon = try lab.direct([.http: [.rs1], .http6: [.rs1v6]])
      defer { daemon.signal(SIGTERM) }
      let refused = try lab.ping(vip, "-s", "1473", "-M", "do")
      #expect(refused.text.contains("essage too long"), "\(refused.text)")
      // The client's link has a smaller MTU than the director's, and the kernel's replies are fragmented too.
      let client = vip == Laboratory.vip ? Laboratory.clientAddress : Laboratory.clientAddress6
      try lab.output(.director, "ip", "route", "add", client, "dev", "eth0", "mtu", "1500")
      let fragmented = try lab.ping(vip, "-s", "4000")
      #expect(fragmented.output.contains("5 received, 0% packet loss"), "\(fragmented.text)")
      #expect(try lab.count("answered-echo") == 0)
    }

    @Test("A VIP without a live server does not answer, another VIP on the same director does", arguments: vips)
    func dead(_ vip: String) throws {
      let lab = try Laboratory(serving: false)
      let daemon = try lab.direct([.http: [.rs1.weighing(0)], .http6: [.rs1v6.weighing(0)], "tcp 10.9.0.101:80": [.rs2]])
      defer { daemon.signal(SIGTERM) }
      let ended = try lab.ping(vip)
      #expect(ended.output.contains("5 packets transmitted, 0 received"), "\(ended.text)")
      #expect(try lab.count("dropped-echo") == 5)
      #expect(try lab.ping("10.9.0.101").output.contains("5 received, 0% packet loss"))
    }
  }

  /// The director is the client's neighbour: what ends there takes one hop, and what goes on to a real server two.
  @Suite struct TracerouteTests {
    private static let probes: [(kind: String, options: [String], counter: String?, hops: Int)] = [
      ("UDP to ports without a service", ["-U", "-p", "33434"], nil, 1),
      ("UDP to the service", ["-U", "-p", "53"], "answered-time-exceeded", 2),
      ("TCP to the service", ["-T", "-p", "80"], "answered-time-exceeded", 2),
      ("TCP to a closed port", ["-T", "-p", "81"], nil, 1), ("echo requests", ["-I"], "answered-echo", 1),
    ]

    /// The director's kernel answers packets without a service, a real server or the director the others: always from the VIP.
    @Test(
      "Traceroute of every kind shows the VIP for the director and for the real server",
      arguments: [Laboratory.vip, Laboratory.vip6]
    )
    func hops(_ vip: String) throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([String: [Server]].usual.merging(.usual6) { $1 })
      defer { daemon.signal(SIGTERM) }
      for (kind, options, counter, hops) in Self.probes {
        let before = try counter.map(lab.count)
        let ended = try lab.run(.client, ["traceroute", "-n", "-m", "3", "-w", "2", "-q", "3"] + options + [vip])
        let lines = ended.output.split(separator: "\n").dropFirst()
        #expect(lines.count == hops, "\(kind): \(ended.text)")
        #expect(lines.allSatisfy { $0.contains(vip) && !$0.contains("*") }, "\(kind): \(ended.text)")
        if let counter, let before { #expect(try lab.count(counter) > before, "\(kind): \(ended.text)") }
      }
    }
  }
}

extension Laboratory {
  fileprivate func ping(_ address: String, _ options: String...) throws -> Ended {
    try run(.client, ["ping", "-n", "-c", "5", "-i", "0.02", "-W", "1"] + options + [address])
  }

  /// A counter, summed over all workers.
  func count(_ name: String) throws -> UInt64 { try #require(try statistics().workers.first { $0.name == name }).total }
}
