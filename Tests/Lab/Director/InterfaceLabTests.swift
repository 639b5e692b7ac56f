import Foundation
import Testing

extension DirectorLab {
  /// Interfaces other than one veth in native mode.
  @Suite struct InterfaceTests {
    @Test("Packets received by one interface leave through another if the route says so")
    func twoInterfaces() throws {
      let lab = try Laboratory()
      try layCableToRouter(lab)
      let daemon = try lab.direct(.usual, interfaces: ["eth0", "eth1"])
      defer { daemon.signal(SIGTERM) }
      #expect(try lab.status().interfaces.map(\.name) == ["eth0", "eth1"])
      let tunnels = try lab.capture(.router, device: "eth2", "ip proto 4", direction: "in")
      let result = try lab.http("--connections", "200", "--per-connection", "5").result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(result.servers["rs3"] ?? 0 > 50, "\(result.servers)")
      let frames = try tunnels.frames()
      #expect(frames.count > 500)
      let (source, destination) = try (lab.mac(.director, "eth1"), lab.mac(.router, "eth2"))
      #expect(frames.allSatisfy { $0.source == source && $0.destination == destination })
      #expect(
        frames.allSatisfy { Array($0.packet[12..<16]) == [10, 9, 2, 2] },
        "the outer source is an address of the egress interface"
      )
    }

    @Test("On an interface without XDP support in the driver it uses generic XDP, and one line says so and why")
    func fallsBack() throws {
      let lab = try Laboratory(serving: false)
      let file = try lab.write(lab.configuration(.usual, interfaces: ["segment"]), to: "sluice.yaml")
      let daemon = try lab.start(.net, [Laboratory.sluice, "run", "--config", file])
      #expect(try holds(within: 5) { daemon.errors.contains("forwarding on segment") }, "\(daemon.errors)")
      let lines = daemon.errors.split(separator: "\n").filter { $0.contains("generic") }
      #expect(lines.count == 1 && lines.first?.contains("segment") == true, "\(daemon.errors)")
      daemon.signal(SIGTERM)
      #expect(try daemon.wait(within: 5).status == 0)
    }

    @Test("The director also works with generic XDP")
    func generic() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct(.usual, director: ["mode: generic"])
      defer { daemon.signal(SIGTERM) }
      #expect(try lab.status().interfaces.map(\.attach) == ["generic"])
      let result = try lab.http("--connections", "200", "--per-connection", "5").result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(try lab.udp("--flows", "50").result().lost == 0)
    }

    /// A separate cable from director to router, and the route to rs3 over it.
    private func layCableToRouter(_ lab: Laboratory) throws {
      for command in [
        "link add eth1 mtu 1600 type veth peer name eth2 mtu 1600 netns sl-\(lab.name)-router",
        "addr add 10.9.2.2/24 dev eth1", "link set eth1 up",
      ] { try lab.output(.director, ["ip"] + command.split(separator: " ").map(String.init)) }
      for command in ["addr add 10.9.2.1/24 dev eth2", "link set eth2 up"] {
        try lab.output(.router, ["ip"] + command.split(separator: " ").map(String.init))
      }
      try lab.output(.director, ["ip", "route", "add", "10.9.3.0/24", "via", "10.9.2.1"])
    }
  }
}
