import Foundation
import Testing

extension DirectorLab {
  /// The frames on the wire before and after the director over IPv6, byte for byte.
  @Suite struct ForwardedIPv6FrameTests {
    @Test("With direct routing the real server gets the client's IPv6 frames with MAC addresses and hop limit changed")
    func direct() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http6: [.rs1v6], .echo6: [.rs1v6]])
      defer { daemon.signal(SIGTERM) }
      let (before, after) = try converse(lab, to: .rs1, "ip6 and dst host \(Laboratory.vip6) and not icmp6")
      #expect(before.count > 100)
      let isSame = before.onwardContents == after.contents
      #expect(isSame, "the real server got other bytes than the client sent")
      let (director, server) = try (lab.mac(.director), lab.mac(.rs1))
      #expect(after.allSatisfy { $0.destination == server && $0.source == director })
    }

    @Test("With 6in6 the client's packets are a hop later inside a correct outer header")
    func sixInSix() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http6: [.rs3v6], .echo6: [.rs3v6]])
      defer { daemon.signal(SIGTERM) }
      let (before, frames) = try converse(lab, to: .router, "ip6 proto 41")
      #expect(before.count > 100)
      let isSame = inside(frames, outer: 40) == before.onwardContents
      #expect(isSame, "the inner packets are not those that the client sent")
      var labels: [[UInt8]: Set<Int>] = [:]
      for frame in frames {
        let outer = Array(frame.bytes[14..<54])
        let inner = Array(frame.bytes[54...])
        #expect(outer[0] >> 4 == 6)
        #expect(outer[0] << 4 | outer[1] >> 4 == inner[0] << 4 | inner[1] >> 4, "the traffic class is copied")
        #expect(word(outer, 4) == inner.count)
        #expect(outer[6] == 41 && outer[7] == 64)
        // From fd09::2, the host's own address and not the VIP, to fd09:3::13.
        #expect(Array(outer[8..<24]) == [0xfd, 0x09] + [UInt8](repeating: 0, count: 13) + [2])
        #expect(Array(outer[24..<40]) == [0xfd, 0x09, 0, 3] + [UInt8](repeating: 0, count: 11) + [0x13])
        // A flow: protocol and both ports.
        labels[[inner[6]] + inner[40..<44], default: []].insert(Int(outer[1] & 15) << 16 | word(outer, 2))
      }
      #expect(labels.count >= 40)
      #expect(labels.values.allSatisfy { $0.count == 1 && !$0.contains(0) }, "one label per flow, and none is 0")
      #expect(Set(labels.values).count > labels.count - 3, "flows have different labels")
    }

    @Test("In 6in4 the outer header has DF, identification 0 and protocol 41")
    func sixInFour() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.http6: [.rs3], .echo6: [.rs3]])
      defer { daemon.signal(SIGTERM) }
      let (before, frames) = try converse(lab, to: .router, "ip proto 41")
      let isSame = inside(frames, outer: 20) == before.onwardContents
      #expect(isSame, "the inner packets are not those that the client sent")
      for frame in frames {
        let outer = Array(frame.bytes[14..<34])
        let inner = Array(frame.bytes[34...])
        #expect(outer[0] == 0x45 && outer[1] == inner[0] << 4 | inner[1] >> 4)
        #expect(word(outer, 2) == 20 + inner.count)
        #expect(Array(outer[4..<10]) == [0, 0, 0x40, 0, 64, 41])
        let sum = stride(from: 0, to: 20, by: 2).map { word(outer, $0) }.reduce(0, +)
        #expect((sum & 0xffff) + (sum >> 16) == 0xffff)
        #expect(Array(outer[12...]) == [10, 9, 0, 2, 10, 9, 3, 13])
      }
    }

    /// The frames that the client sent to the VIP and those that a host received by the filter, for TCP from handshake to FIN and
    /// for UDP small, large and with DSCP.
    private func converse(_ lab: Laboratory, to host: Laboratory.Host, _ filter: String) throws -> (
      [CapturedFrame], [CapturedFrame]
    ) {
      let sent = try lab.capture(.client, "ip6 and dst host \(Laboratory.vip6) and not icmp6", direction: "out")
      let arrived = try lab.capture(host, filter, direction: "in")
      let vip = Laboratory.vip6
      #expect(try lab.http("--connections", "20", "--per-connection", "2", to: vip).result().failed == 0)
      #expect(try lab.udp("--flows", "10", "--per-flow", "2", to: vip).result().lost == 0)
      #expect(try lab.udp("--flows", "10", "--per-flow", "1", "--tos", "184", "--size", "1300", to: vip).result().lost == 0)
      return try (sent.frames(), arrived.frames())
    }

    private func inside(_ frames: [CapturedFrame], outer: Int) -> [[UInt8]] {
      frames.map { CapturedFrame(bytes: Array($0.bytes[0..<12]) + [0x86, 0xdd] + $0.bytes[(14 + outer)...]) }.contents
    }
  }
}
