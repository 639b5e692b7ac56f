import Foundation
import Reconciler
import Testing

extension DirectorLab {
  /// Frames to further MAC addresses of the attached interface: those of macvlans, as keepalived makes one for each virtual router, and those
  /// in the configuration.
  @Suite struct FurtherMACTests {
    private static let virtual = "00:00:5e:00:01:33"

    /// Adds what keepalived adds with use_vmac: a macvlan with the virtual router's MAC address and the VIP. The interface below does not
    /// answer for the VIP.
    private func addVirtualRouter(_ lab: Laboratory, mac: String = virtual) throws {
      try lab.output(.director, "sysctl", "-q", "-w", "net.ipv4.conf.eth0.arp_ignore=1")
      try lab.output(
        .director,
        "ip",
        "link",
        "add",
        "vrrp.51",
        "link",
        "eth0",
        "address",
        mac,
        "type",
        "macvlan",
        "mode",
        "private"
      )
      try lab.output(.director, "ip", "link", "set", "vrrp.51", "up")
      try lab.output(.director, "ip", "address", "add", "\(Laboratory.vip)/32", "dev", "vrrp.51")
    }

    /// A director for VIPs that others add.
    private func direct(_ lab: Laboratory, director: [String] = []) throws -> Running {
      let text = lab.configuration([.http: [.rs1, .rs2]], director: director)
        .replacing("addresses: managed", with: "addresses: external")
      let daemon = try lab.start(.director, [Laboratory.sluice, "run", "--config", try lab.write(text, to: "sluice.yaml")])
      try lab.awaitReady(daemon)
      return daemon
    }

    private func expectTraffic(_ lab: Laboratory, from servers: Set<String> = ["rs1", "rs2"]) throws {
      let result = try lab.http("--connections", "50", "--per-connection", "2").result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(Set(result.servers.keys) == servers)
    }

    private func expect(_ words: String, in lab: Laboratory) throws {
      let isTold = try holds(within: 5) { try lab.operate("events").contains(words) }
      let told = try lab.operate("events")
      #expect(isTold, "no event '\(words)' in \(told)")
    }

    /// Where the client sends frames for the VIP; nil: it has to ask.
    private func lead(_ lab: Laboratory, to mac: String?) throws {
      try lab.output(.client, "ip", "neigh", "flush", "all")
      guard let mac else { return }
      try lab.output(.client, "ip", "neigh", "replace", Laboratory.vip, "lladdr", mac, "nud", "permanent", "dev", "eth0")
    }

    @Test("A virtual router's macvlan: its frames for the VIP are forwarded, whatever becomes of it while the director runs")
    func macvlan() throws {
      let lab = try Laboratory()
      try addVirtualRouter(lab)
      let daemon = try direct(lab)
      defer { daemon.signal(SIGTERM) }
      try expectTraffic(lab)
      #expect(try lab.output(.client, "ip", "neigh", "show", Laboratory.vip).contains(Self.virtual))
      #expect(try lab.operate("status").contains("\(Self.virtual) (vrrp.51)"))
      #expect(daemon.errors.contains("frames to \(Self.virtual) (vrrp.51) on eth0 are taken"), "\(daemon.errors)")
      let answer = try lab.capture(.client, "icmp[0] == 0", direction: "in")
      try lab.output(.client, "ping", "-c", "1", "-W", "2", Laboratory.vip)
      #expect(try answer.frames().map(\.source) == [[0, 0, 0x5e, 0, 1, 0x33]], "from the address that was asked")

      try lab.output(.director, "ip", "link", "delete", "vrrp.51")
      try expect("frames to \(Self.virtual) on eth0 are left to the kernel", in: lab)
      #expect(try !lab.operate("status").contains(Self.virtual))
      try addVirtualRouter(lab)
      try expect("frames to \(Self.virtual) (vrrp.51) on eth0 are taken", in: lab)
      try lead(lab, to: nil)
      try expectTraffic(lab)

      try lab.output(.director, "ip", "link", "set", "vrrp.51", "address", "00:00:5e:00:01:34")
      try expect("frames to 00:00:5e:00:01:34 (vrrp.51) on eth0 are taken", in: lab)
      try lead(lab, to: nil)
      try expectTraffic(lab)
    }

    @Test("A container's macvlan stays its own, also with the VIP; so does one that is moved into a container")
    func container() throws {
      let lab = try Laboratory()
      try addVirtualRouter(lab)
      let daemon = try direct(lab)
      defer { daemon.signal(SIGTERM) }
      // rs4, which has the VIP and no part in the service, plays the container.
      let container = "sl-\(lab.name)-rs4"
      let own = "02:00:00:00:00:66"
      try lab.output(
        .director,
        "ip",
        "link",
        "add",
        "mv0",
        "link",
        "eth0",
        "address",
        own,
        "type",
        "macvlan",
        "mode",
        "bridge"
      )
      try lab.output(.director, "ip", "link", "set", "mv0", "netns", container)
      try lab.output(.rs4, "ip", "link", "set", "mv0", "up")
      try lead(lab, to: own)
      try expectTraffic(lab, from: ["rs4"])
      #expect(try !lab.operate("status").contains(own))

      try lead(lab, to: Self.virtual)
      try expectTraffic(lab)
      try lab.output(.director, "ip", "link", "set", "vrrp.51", "netns", container)
      try expect("frames to \(Self.virtual) on eth0 are left to the kernel", in: lab)
      try lab.output(.rs4, "ip", "link", "set", "vrrp.51", "up")
      try expectTraffic(lab, from: ["rs4"])
    }

    @Test("Real servers behind a macvlan: their frames leave by the interface below, from the macvlan's address")
    func routes() throws {
      let lab = try Laboratory()
      try addVirtualRouter(lab)
      try lab.output(.director, "ip", "address", "delete", "\(Laboratory.directorAddress)/24", "dev", "eth0")
      try lab.output(.director, "ip", "address", "add", "\(Laboratory.directorAddress)/24", "dev", "vrrp.51")
      let daemon = try direct(lab)
      defer { daemon.signal(SIGTERM) }
      let frames = try lab.capture(.rs1, "tcp dst port 80", direction: "in")
      try expectTraffic(lab)
      #expect(try frames.frames().allSatisfy { $0.source == [0, 0, 0x5e, 0, 1, 0x33] })
    }

    @Test("More addresses than fit are a problem, and fit once there is room")
    func tooMany() throws {
      let lab = try Laboratory()
      let daemon = try direct(lab)
      defer { daemon.signal(SIGTERM) }
      for number in 1...17 {
        try lab.output(.director, "ip", "link", "add", "m\(number)", "link", "eth0", "type", "macvlan", "mode", "private")
        try lab.output(.director, "ip", "link", "set", "m\(number)", "up")
      }
      try expect("eth0 has more than 16 further MAC addresses: packets of services to ", in: lab)
      try lab.output(.director, "ip", "link", "delete", "m1")
      try expect("no longer: eth0 has more than 16", in: lab)
      try expect("(m17) on eth0 are taken", in: lab)
    }

    @Test("An address that is only in the configuration: its frames for the VIP are forwarded")
    func configured() throws {
      let lab = try Laboratory()
      let mac = "02:00:00:00:00:77"
      let daemon = try direct(lab, director: ["mac-addresses: {eth0: [\"\(mac)\"]}"])
      defer { daemon.signal(SIGTERM) }
      try lab.output(.director, "bridge", "fdb", "add", mac, "dev", "eth0", "self")
      try lead(lab, to: mac)
      try expectTraffic(lab)
      #expect(try lab.operate("status").contains("\(mac) (configured)"))
    }

    @Test("A VIP on a macvlan is announced by it, never with the address of the interface below")
    func announced() throws {
      let lab = try Laboratory()
      try addVirtualRouter(lab)
      let daemon = try direct(lab)
      defer { daemon.signal(SIGTERM) }
      usleep(3_000_000)
      let seen = try lab.capture(.client, "arp", direction: "in")
      #expect(try lab.operate("announce") == "announced 1 VIP\n")
      usleep(3_000_000)
      let announcements = try seen.frames().filter { Array($0.bytes[28..<32]) == Array($0.bytes[38..<42]) }
      #expect(announcements.count == 2, "twice: \(announcements.count)")
      let mac: [UInt8] = [0, 0, 0x5e, 0, 1, 0x33]
      #expect(announcements.allSatisfy { $0.source == mac && Array($0.bytes[22..<28]) == mac })
    }
  }
}
