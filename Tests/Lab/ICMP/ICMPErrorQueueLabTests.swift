import API
import Reconciler
import Offline
import Configuration
import Model
import Netlink
import Foundation
import Testing

extension DirectorLab {
  /// A flow lives on the queue the NIC gave it; a router's error about it comes by the router's own.
  @Suite struct ICMPErrorQueueTests {
    /// Since nobody schedules a flow to rs1 any more, only the flows themselves say that their errors go there.
    @Test("Errors from one router, so by one queue, reach the real server of every flow, those of the other queue's worker too")
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
      #expect(gained.sorted() == [0, UInt64(flows)], "one queue, so one worker, had all of them: \(gained)")
    }
  }
}

extension Laboratory {
  /// By worker.
  fileprivate func forwarded() throws -> [UInt64] {
    try #require(try statistics().workers.first { $0.name == "forwarded" }).workers
  }
}
