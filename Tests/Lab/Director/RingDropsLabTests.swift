import Foundation
import Testing

extension DirectorLab {
  /// Frames that the kernel drops before a worker sees them.
  @Suite struct RingDropsTests {
    @Test("While the daemon is stopped, frames that its rings can't hold are counted, and the sums include every frame")
    func standstill() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([.echo: [.rs1]])
      defer { daemon.signal(SIGTERM) }
      let before = try lab.statistics()
      #expect(before.rings.allSatisfy { $0.total == 0 && $0.workers.count == 1 }, "\(before.rings)")
      daemon.signal(SIGSTOP)
      let frames = 6000
      let flood =
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('\(Laboratory.vip)', 53)); "
        + "[s.send(b'x') for _ in range(\(frames))]"
      try lab.output(.client, "/usr/bin/python3", "-c", flood)
      daemon.signal(SIGCONT)
      // What still lies in the receive ring is in neither sum.
      var after = try lab.statistics()
      _ = try holds(within: 5) {
        let former = after
        after = try lab.statistics()
        return former == after
      }
      let gained = zip(after.rings, before.rings).map { $0.total - $1.total }
      #expect(gained[0] + gained[1] > 1000, "a ring has 2048 entries: \(gained)")
      #expect(gained[3...4] == [0, 0])
      let taken = try #require(after.steering.first { $0.name == "steer-taken" }).total
      let received = try #require(after.workers.first { $0.name == "received" }).total
      #expect(taken == received + gained[0] + gained[1])
      #expect(taken >= frames)
    }
  }
}
