import Foundation
import Testing

extension DirectorLab {
  /// The frames on the wire before and after the director, byte for byte.
  @Suite struct ForwardedFrameTests {
    @Test("With direct routing the real server gets the client's frames with MAC addresses and TTL changed")
    func direct() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http: [.rs1], .echo: [.rs1]])
      defer { daemon.signal(SIGTERM) }
      let filter = "ip and dst host \(Laboratory.vip)"
      let sent = try lab.capture(.client, filter, direction: "out")
      let arrived = try lab.capture(.rs1, filter, direction: "in")
      try converse(lab)
      let (before, after) = try (sent.frames(), arrived.frames())
      #expect(before.count > 100)
      #expect(before.count == after.count)
      let isSame = before.onwardContents == after.contents
      #expect(isSame, "the real server got other bytes than the client sent")
      let (director, server) = try (lab.mac(.director), lab.mac(.rs1))
      #expect(before.allSatisfy { $0.destination == director })
      #expect(after.allSatisfy { $0.destination == server && $0.source == director })
    }

    @Test("With IP-in-IP the client's packets are a hop later inside a correct outer header")
    func tunnel() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http: [.rs3], .echo: [.rs3]])
      defer { daemon.signal(SIGTERM) }
      let sent = try lab.capture(.client, "ip and dst host \(Laboratory.vip)", direction: "out")
      // The router's side of the segment: the frames as the director sent them.
      let arrived = try lab.capture(.router, "ip proto 4", direction: "in")
      try converse(lab)
      let before = try sent.frames()
      let frames = try arrived.frames()
      #expect(before.count > 100)
      #expect(frames.count == before.count)
      let inside = frames.map { CapturedFrame(bytes: Array($0.bytes[0..<14]) + $0.packet.dropFirst(20)) }
      let isSame = inside.contents == before.onwardContents
      #expect(isSame, "the inner packets are not those that the client sent")
      let (director, router) = try (lab.mac(.director), lab.mac(.router))
      #expect(frames.allSatisfy { $0.destination == router && $0.source == director })
      for frame in frames { expectOuter(frame.packet, around: Array(frame.packet.dropFirst(20))) }
      // RFC 6864: packets that may be fragmented have different identifications; this checks the latest ones.
      let fragmentable = frames.map(\.packet).filter { $0[6] & 0x40 == 0 }.map { word($0, 4) }
      #expect(fragmentable.count >= 20)
      #expect(Set(fragmentable).count == fragmentable.count)
    }

    /// TCP from handshake to FIN; UDP small and large, with DSCP, and without DF.
    private func converse(_ lab: Laboratory) throws {
      #expect(try lab.http("--connections", "20", "--per-connection", "2").result().failed == 0)
      #expect(try lab.udp("--flows", "10", "--per-flow", "2").result().lost == 0)
      #expect(try lab.udp("--flows", "10", "--per-flow", "1", "--tos", "184", "--size", "1300").result().lost == 0)
      #expect(try lab.udp("--flows", "10", "--per-flow", "2", "--tos", "2", "--fragmentable").result().lost == 0)
    }

    /// Docs/packets.md, "tunnel, outer v4".
    private func expectOuter(_ packet: [UInt8], around inner: [UInt8]) {
      #expect(packet[0] == 0x45)
      #expect(packet[1] == inner[1], "DSCP is copied, ECN as in RFC 6040 2.1 without CE")
      #expect(word(packet, 2) == 20 + inner.count)
      let mayNotFragment = inner[6] & 0x40 != 0
      #expect(packet[6] == (mayNotFragment ? 0x40 : 0) && packet[7] == 0)
      if mayNotFragment { #expect(packet[4] == 0 && packet[5] == 0) }
      #expect(packet[8] == 64)
      #expect(packet[9] == 4)
      let sum = stride(from: 0, to: 20, by: 2).map { word(packet, $0) }.reduce(0, +)
      #expect((sum & 0xffff) + (sum >> 16) == 0xffff)
      #expect(Array(packet[12..<16]) == [10, 9, 0, 2])
      #expect(Array(packet[16..<20]) == [10, 9, 3, 13])
    }
  }
}
