import Fixtures
import Testing

@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler

/// A replay of fragments that arrive before the first one.
@Suite struct ReplayHoldTests {
  /// The fragments of a UDP datagram with 16 bytes of payload from 192.0.2.1 to 10.0.0.101:53, 8 bytes in each; the checksums
  /// were computed elsewhere.
  private let first = Wire.frame(hex("45000024 12342000 3f117d2f c0000201 0a000065  9c400035 0018abcd 6869686968696869"))
  private let last = Wire.frame(hex("4500001c 12340002 3f119d35 c0000201 0a000065  6869686968696869"))

  private func replay(_ frames: (second: UInt32, bytes: [UInt8])...) throws -> (lines: [ReplayLine], summary: ReplaySummary) {
    let records = frames.map { (seconds: 1_700_000_000 + $0.second, fraction: UInt32(0), bytes: $0.bytes) }
    let (lines, _, summary) = try TestTopology.replay(Capture(records).bytes)
    return (lines, summary)
  }

  @Test func `the late release follows the first fragment, and the line of the held packet refers to it`() throws {
    let (lines, summary) = try replay((0, last), (1, Wire.frame(Wire.syn)), (1, first))
    #expect(lines.map(\.packet) == [1, 2, 3])
    #expect(lines.map(\.played.verdict) == ["hold", "forward", "forward"])
    #expect(lines.map(\.played.reason) == ["forwarded", "forwarded", "forwarded"])
    #expect(lines.map(\.output) == [[3], [1], [2]])
    #expect(lines[0].played.server == lines[2].played.server)
    #expect(lines[0].played.service == lines[2].played.service)
    #expect(summary.written == 3)
  }

  @Test func `a fragment without a first one is dropped at the hold timeout`() throws {
    let (lines, _) = try replay((0, last), (2, first))
    #expect(lines.map(\.played.verdict) == ["hold", "forward"])
    #expect(lines.map(\.played.reason) == ["dropped-late-fragment", "forwarded"])
    #expect(lines.map(\.output) == [[], [1]])
  }

  @Test func `after the last packet, held fragments time out`() throws {
    let (lines, summary) = try replay((0, last))
    #expect(lines.map(\.json).first?.contains(#""verdict":"hold","reason":"dropped-late-fragment""#) == true)
    #expect(summary.packets == 1)
  }
}
