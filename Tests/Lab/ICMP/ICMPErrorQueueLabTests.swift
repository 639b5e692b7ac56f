import API
import Configuration
import Foundation
import Model
import Netlink
import Offline
import Reconciler
import Testing

extension DirectorLab {
  /// A flow is on the queue that the NIC chose for it; a router's error about it arrives on the router's queue.
  @Suite struct ICMPErrorQueueTests {
    /// New flows do not go to rs1 any more, so only the flow entries lead errors there.
    @Test(
      "Errors from one router, and therefore on one queue, reach the real server of every flow, also flows of the other queue's worker"
    )
    func otherQueue() throws {
      let lab = try Laboratory(queues: 2)
      let daemon = try lab.direct([.echo: [.rs1, .rs2]])
      defer { daemon.signal(SIGTERM) }
      let flows = 200
      let answered = try lab.udp("--flows", "\(flows)", "--per-flow", "2", "--first-port", "20000").result()
      #expect(answered.lost == 0)
      let kept = try #require(answered.servers["rs1"])
      #expect(kept > flows / 4)
      try lab.operate("server", "drain", "udp", "\(Laboratory.vip):53", Server.rs1.address)

      let before = try lab.forwarded()
      #expect(before.allSatisfy { $0 > 0 }, "both workers have flows: \(before)")
      let captures = try [Laboratory.Host.rs1, .rs2].map { try lab.capture($0, "icmp and dst host \(Laboratory.vip)") }
      try lab.output(
        .router,
        "\(Laboratory.tools)/traffic/icmp-error",
        Laboratory.vip,
        "53",
        Laboratory.clientAddress,
        "20000",
        "\(flows)"
      )
      let (atOne, atOther) = try (captures[0].frames().count, captures[1].frames().count)
      #expect((atOne, atOther) == (kept, flows - kept))
      let gained = zip(try lab.forwarded(), before).map { $0 - $1 }
      #expect(gained.sorted() == [0, UInt64(flows)], "one queue, and therefore one worker, received all of them: \(gained)")
    }
  }
}

extension Laboratory {
  /// By worker.
  fileprivate func forwarded() throws -> [UInt64] {
    try #require(try statistics().workers.first { $0.name == "forwarded" }).workers
  }
}
