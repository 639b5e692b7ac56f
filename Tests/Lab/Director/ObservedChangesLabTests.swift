import Foundation
import Reconciler
import Testing

extension DirectorLab {
  /// Changes made by others under the running director: each one is followed or repaired, and reported.
  @Suite struct ObservedChangesTests {
    /// A lab with a director for two servers on its segment.
    private func direct(queues: Int = 1, _ prepare: (Laboratory) throws -> Void = { _ in }) throws -> (Laboratory, Running) {
      let lab = try Laboratory(queues: queues)
      try prepare(lab)
      return (lab, try lab.direct([.http: [.rs1, .rs2]]))
    }

    private func events(_ lab: Laboratory) throws -> [Event] {
      struct List: Decodable { let events: [Event] }
      return try JSONDecoder().decode(List.self, from: Data(lab.operate("events", "--json").utf8)).events
    }

    /// Waits for an event that contains these words.
    private func expect(_ words: String, _ kind: Event.Kind, in lab: Laboratory, within seconds: Double = 5) throws {
      let isTold = try holds(within: seconds) { try events(lab).contains { $0.kind == kind && $0.text.contains(words) } }
      let told = try events(lab).map(\.text)
      #expect(isTold, "no event '\(words)' among \(told)")
    }

    private func expectHealthy(_ lab: Laboratory, _ isHealthy: Bool = true) throws {
      let command = [
        "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", lab.socket, "http://sluice/v1/healthz",
      ]
      let code = isHealthy ? "200" : "503"
      #expect(try holds(within: 5) { try lab.output(.director, command) == code }, "healthz is not \(code)")
    }

    private func expectTraffic(_ lab: Laboratory) throws {
      let result = try lab.http("--connections", "50", "--per-connection", "2").result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(result.requests == 100)
    }

    @Test("A new MAC address of the interface: steering takes frames to it, connections go on")
    func macAddress() throws {
      let (lab, daemon) = try direct()
      defer { daemon.signal(SIGTERM) }
      let long = try lab.http("--connections", "10", "--per-connection", "30", "--at-once", "10", "--pause", "0.1")
      usleep(500_000)
      try lab.output(.director, "ip", "link", "set", "eth0", "address", "02:11:22:33:44:55")
      try lab.output(.client, "ip", "neigh", "flush", "all")
      try expect("to 02:11:22:33:44:55", .interface, in: lab)
      let result = try long.result()
      #expect(result.failed == 0, "\(result.errors)")
      let frames = try lab.capture(.rs1, "tcp port 80", direction: "in")
      try expectTraffic(lab)
      #expect(try frames.frames().allSatisfy { $0.source == [0x02, 0x11, 0x22, 0x33, 0x44, 0x55] })
    }

    @Test("Another MTU of the interface: the paths by it have it")
    func mtu() throws {
      let (lab, daemon) = try direct()
      defer { daemon.signal(SIGTERM) }
      try lab.output(.director, "ip", "link", "set", "eth0", "mtu", "1400")
      try expect("MTU from 1600 to 1400", .interface, in: lab)
      #expect(try holds(within: 5) { try lab.operate("explain", "tcp", "10.9.0.10:40000", "10.9.0.100:80").contains("MTU 1400") })
      try expectTraffic(lab)
    }

    @Test("More queues: a worker for each, and none drops")
    func queues() throws {
      // A native program needs as many queues to receive from as the far end sends by.
      let (lab, daemon) = try direct(queues: 2) { lab in
        try lab.output(.net, "ethtool", "-L", "director", "rx", "1", "tx", "1")
        try lab.output(.director, "ethtool", "-L", "eth0", "rx", "1", "tx", "1")
      }
      defer { daemon.signal(SIGTERM) }
      #expect(try lab.status().interfaces.map(\.queues) == [1])
      #expect(try lab.status().interfaces.map(\.attach) == ["native"])
      try lab.output(.director, "ethtool", "-L", "eth0", "rx", "2", "tx", "2")
      try expect("from 1 to 2 queues", .interface, in: lab)
      #expect(try lab.status().interfaces.map(\.queues) == [2])
      try lab.output(.net, "ethtool", "-L", "director", "rx", "2", "tx", "2")
      try expectTraffic(lab)
      let statistics = try lab.statistics()
      #expect(statistics.steering.first { $0.name == "steer-no-socket" }?.total == 0)
      #expect(statistics.workers.first { $0.name == "forwarded" }?.workers.allSatisfy { $0 > 50 } == true)
    }

    @Test("The link goes down and comes up: said while it lasts, then everything works, IPv6 VIPs included")
    func linkDown() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([
        .http: [.rs1, .rs2], "tcp [fd09::100]:80": [Server(address: "fd09::11"), Server(address: "fd09::12")],
      ])
      defer { daemon.signal(SIGTERM) }
      try lab.output(.director, "ip", "link", "set", "eth0", "down")
      try expect("eth0 is down", .problem, in: lab)
      try expectHealthy(lab, false)
      try lab.output(.director, "ip", "link", "set", "eth0", "up")
      // The kernel detached it together with the link.
      try lab.output(.director, "ip", "address", "add", "fd09::2/64", "dev", "eth0")
      try expect("no longer: eth0 is down", .recovery, in: lab)
      try expect("fd09::100", .vip, in: lab)
      try lab.awaitReady(daemon)
      try expectHealthy(lab)
      try expectTraffic(lab)
      let addresses = try lab.output(.director, "ip", "-br", "address", "show", "eth0")
      #expect(addresses.contains("fd09::100"))
    }

    @Test("The interface is deleted and made again: attached again, with its VIPs")
    func interfaceGone() throws {
      let (lab, daemon) = try direct()
      defer { daemon.signal(SIGTERM) }
      try lab.output(.director, "ip", "link", "delete", "eth0")
      try expect("eth0 is gone", .problem, in: lab)
      try expectHealthy(lab, false)
      #expect(try lab.status().interfaces.map(\.attach) == ["none"])
      try lab.layCable(to: .director)
      try expect("eth0 was made again", .interface, in: lab)
      try lab.output(.client, "ip", "neigh", "flush", "all")
      try lab.awaitReady(daemon)
      try expectHealthy(lab)
      try expectTraffic(lab)
    }

    @Test("The program is detached: attached again within a second")
    func detached() throws {
      let (lab, daemon) = try direct()
      defer { daemon.signal(SIGTERM) }
      let links = try lab.output(.director, "bpftool", "link").split(separator: "\n").filter { $0.contains("xdp") }
      let id = try #require(links.last?.split(separator: ":").first)
      try lab.output(.director, "bpftool", "link", "detach", "id", String(id))
      try expect("attached again", .steering, in: lab, within: 1)
      #expect(try lab.output(.director, "bpftool", "net").contains("eth0("))
      try expectTraffic(lab)
    }

    @Test("Another program in its place is left alone and told of; once it is gone, ours is attached again")
    func foreignProgram() throws {
      let (lab, daemon) = try direct()
      defer { daemon.signal(SIGTERM) }
      let attached = try lab.output(.director, "bpftool", "link").split(separator: "\n").filter { $0.contains("xdp") }
      let id = try #require(attached.last?.split(separator: ":").first)
      // decap plays the other program. The daemon stands still meanwhile, or it would attach again first.
      daemon.signal(SIGSTOP)
      try lab.output(.director, "bpftool", "link", "detach", "id", "\(id)")
      let other = try lab.start(.director, [Laboratory.sluice, "decap", "--interface", "eth0"])
      let isThere = try holds(within: 5) { other.output.contains("unwrapping") }
      daemon.signal(SIGCONT)
      #expect(isThere, "\(other.output)\(other.errors)")
      try expect("has another XDP program (sluice_decap", .problem, in: lab)
      try expectHealthy(lab, false)
      other.signal(SIGTERM)
      _ = try other.wait(within: 5)
      try expect("attached again", .steering, in: lab)
      try expectHealthy(lab)
      try expectTraffic(lab)
    }

    @Test("A VIP that somebody removes is put back")
    func vipRemoved() throws {
      let (lab, daemon) = try direct()
      defer { daemon.signal(SIGTERM) }
      try lab.output(.director, "ip", "address", "delete", "10.9.0.100/32", "dev", "eth0")
      try expect("VIP 10.9.0.100 had been removed from eth0", .vip, in: lab)
      #expect(try lab.output(.director, "ip", "-br", "address", "show", "eth0").contains("10.9.0.100/32"))
      try expectTraffic(lab)
    }

    @Test("A server with another MAC address and a neighbour table that is flushed cost no request")
    func neighbours() throws {
      let (lab, daemon) = try direct()
      defer { daemon.signal(SIGTERM) }
      let load = try lab.http("--seconds", "4", "--per-connection", "10", "--at-once", "10")
      usleep(500_000)
      try lab.output(.director, "ip", "neigh", "flush", "all")
      usleep(500_000)
      try lab.output(.director, "ip", "neigh", "flush", "all")
      let result = try load.result()
      #expect(result.failed == 0, "\(result.errors)")
    }
  }
}
