import Foundation
import Testing

extension DirectorLab {
  /// The director's host works like any other host.
  @Suite struct OtherTrafficTests {
    @Test(
      "A connection to the host itself, ping and ARP continue while the director starts, runs, is killed, starts again and stops"
    )
    func goesOn() throws {
      let lab = try Laboratory()
      let echo = try lab.start(.director, ["\(Laboratory.tools)/traffic/talk", "2222"])
      #expect(try holds(within: 5) { echo.output.contains("listening") })
      let talk = try lab.talk(seconds: 6)
      let ping = try lab.start(.client, ["ping", "-i", "0.05", "-c", "100", "-W", "1", "-q", Laboratory.directorAddress])
      let pingV6 = try lab.start(.client, ["ping", "-i", "0.05", "-c", "100", "-W", "1", "-q", "fd09::2"])

      let first = try lab.direct(.usual)
      #expect(try lab.http("--connections", "100", "--per-connection", "5").result().failed == 0)
      first.signal(SIGKILL)
      try first.wait(within: 5)
      try arp(lab)
      usleep(500_000)
      let second = try lab.direct(.usual)
      try arp(lab)
      #expect(try lab.http("--connections", "100", "--per-connection", "5").result().failed == 0)
      second.signal(SIGTERM)
      #expect(try second.wait(within: 5).status == 0)

      let words = try talk.result()
      #expect(words.exchanges > 200)
      // One may be a probe for the last segment (RFC 8985 7), since a busy machine answers late.
      #expect(words.retransmits <= 1)
      for ping in [ping, pingV6] {
        let ended = try ping.wait(within: 20)
        #expect(ended.output.contains("100 received, 0% packet loss"), "\(ended.text)")
      }
    }

    /// The client deletes the host's MAC address and has to ask for it again.
    private func arp(_ lab: Laboratory) throws {
      try lab.output(.client, "ip", "neigh", "flush", "to", Laboratory.directorAddress)
      try lab.output(.client, "ping", "-c", "1", "-W", "1", Laboratory.directorAddress)
    }
  }
}
