import Foundation
import Testing

extension DirectorLab {
  /// Neighbour discovery stays with the kernel: only the director's host answers for a VIP, and never uses it as a source.
  @Suite struct NeighbourDiscoveryTests {
    @Test("Only the director's host answers solicitations for the VIP, and nobody does after it has stopped")
    func advertised() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual6)
      // Type 136, RFC 4861 4.4; the target address follows eight bytes of ICMPv6.
      let advertisements = try lab.capture(.client, "icmp6 and ip6[40] == 136", direction: "in")
      for _ in 0..<5 {
        try lab.output(.client, "ip", "-6", "neigh", "flush", "dev", "eth0")
        #expect(try lab.http("--connections", "10", "--per-connection", "1", to: Laboratory.vip6).result().failed == 0)
      }
      let target = [0xfd, 0x09] + [UInt8](repeating: 0, count: 12) + [0x01, 0x00]
      let answers = try advertisements.frames().filter { Array($0.bytes[62..<78]) == target }
      let director = try lab.mac(.director)
      #expect(answers.count >= 5)
      #expect(answers.allSatisfy { $0.source == director }, "a real server answered for the VIP")

      daemon.signal(SIGTERM)
      #expect(try daemon.wait(within: 5).status == 0, "\(daemon.errors)")
      try lab.output(.client, "ip", "-6", "neigh", "flush", "dev", "eth0")
      let ask = ["curl", "-s", "-o", "/dev/null", "--connect-timeout", "4", "http://[\(Laboratory.vip6)]/"]
      #expect(try lab.run(.client, ask).status != 0)
      let neighbours = try lab.output(.client, "ip", "-6", "neigh", "show", Laboratory.vip6)
      #expect(!neighbours.contains("lladdr"), "\(neighbours)")
    }

    @Test("The VIP is on the interface while the director runs, and the host never uses it as a source")
    func managed() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual6)
      let address = try lab.output(.director, "ip", "-6", "-o", "address", "show", "dev", "eth0", "to", Laboratory.vip6)
      #expect(address.contains("\(Laboratory.vip6)/128") && address.contains("deprecated") && !address.contains("tentative"))
      for destination in ["fd09::11", "fd09:3::13", "fd09::10"] {
        #expect(try lab.output(.director, "ip", "-6", "route", "get", destination).contains("src fd09::2 "))
      }
      daemon.signal(SIGTERM)
      #expect(try daemon.wait(within: 5).status == 0, "\(daemon.errors)")
      #expect(try lab.output(.director, "ip", "-6", "-o", "address", "show", "dev", "eth0", "to", Laboratory.vip6).isEmpty)
    }

    @Test("The VIP and the servers come back after the interface was down")
    func afterDown() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual6)
      defer { daemon.signal(SIGTERM) }
      try lab.output(.director, "ip", "link", "set", "eth0", "down")
      // The kernel deletes the interface's IPv6 addresses when it goes down; the test adds the operator's own again.
      try lab.output(.director, "ip", "link", "set", "eth0", "up")
      try lab.output(.director, "ip", "address", "replace", "fd09::2/64", "dev", "eth0")
      try lab.output(.director, "ip", "-6", "route", "replace", "default", "via", "fd09::1")
      let isBack = try holds(within: 10) {
        try lab.http("--connections", "20", "--per-connection", "1", to: Laboratory.vip6).result().failed == 0
      }
      #expect(isBack, "\(daemon.errors)")
    }
  }
}
