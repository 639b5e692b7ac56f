import Fixtures
import Forwarding
import Testing

@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler

@Suite struct ReplayTests {
  @Test func `a capture becomes the packets that would be sent, each with its own time`() throws {
    let input = Capture(
      Wire.frame(Wire.syn),
      Wire.frame(Wire.dns),
      Wire.frame(Wire.syn, to: "0200000000ff"),
      Wire.frame(Wire.syn, to: "ffffffffffff")
    )
    let (lines, output, summary) = try TestTopology.replay(input.bytes)
    var expected = Capture([
      (seconds: 1_700_000_000, fraction: 500, bytes: hex("020000000022 020000000002 0800") + Wire.synOnward),
      (
        seconds: 1_700_000_001, fraction: 500,
        bytes: hex("020000000199 020000000102 8100 0064 0800") + Wire.outer + Wire.dnsOnward
      ),
    ])
    expected.isBigEndian = false
    #expect(Array(output[24...]) == Array(expected.bytes[24...]))
    #expect(output[..<24] == hex("d4c3b2a1 02000400 00000000 00000000 00000400 01000000")[...])
    #expect(
      lines.map(\.json) == [
        #"{"packet":1,"verdict":"forward","reason":"forwarded","service":"tcp 10.0.0.100:80","server":"10.0.0.2","interface":"eth0","output":[1]}"#,
        #"{"packet":2,"verdict":"forward","reason":"forwarded","service":"udp 10.0.0.101:0","server":"10.1.0.9","interface":"eth1","output":[2]}"#,
        #"{"packet":3,"verdict":"pass","reason":"another-mac","service":null,"server":null,"interface":null,"output":[]}"#,
        #"{"packet":4,"verdict":"pass","reason":"another-mac","service":null,"server":null,"interface":null,"output":[]}"#,
      ]
    )
    #expect(summary.packets == 4 && summary.written == 2 && summary.notes == [])
    #expect(summary.endings.values.sorted() == [2, 2])
  }

  @Test("The output has the input's resolution", arguments: [("a1b2c3d4", "d4c3b2a1"), ("a1b23c4d", "4d3cb2a1")])
  func resolution(magic: String, native: String) throws {
    var input = Capture(Wire.frame(Wire.syn))
    input.magic = hex(magic)
    let output = try TestTopology.replay(input.bytes).output
    #expect(output[..<4] == hex(native)[...])
    #expect(output[28..<32] == hex("f4010000")[...])
  }

  @Test func `a frame to another interface's MAC address is received by that interface`() throws {
    let input = Capture(Wire.frame(Wire.syn, to: "020000000102"))
    #expect(try TestTopology.replay(input.bytes).lines.map(\.played.verdict) == ["forward"])
  }

  @Test func `a packet without a service is passed, an invalid one is dropped with the counter's name`() throws {
    var elsewhere = Wire.syn
    elsewhere[19] = 99
    var broken = Wire.syn
    broken[10] ^= 1
    let input = Capture(Wire.frame(elsewhere), Wire.frame(broken), [], Wire.frame(Array(Wire.syn.prefix(30))))
    let played = try TestTopology.replay(input.bytes).lines.map(\.played)
    #expect(played.map(\.verdict) == ["pass", "drop", "pass", "drop"])
    #expect(played.map(\.reason) == ["not-for-service", "dropped-bad-checksum", "another-mac", "dropped-bad-length"])
    #expect(played.map { $0.service?.description } == [nil, "tcp 10.0.0.100:80", nil, "tcp 10.0.0.100:80"])
    #expect(played.allSatisfy { $0.server == nil && $0.interface == nil && $0.sent.isEmpty })
  }

  @Test func `a server without a next hop is reported once and gets no packets`() throws {
    let configuration = try TestTopology.configuration(["    10.0.0.2: { mac: 02:00:00:00:00:22 }\n": ""])
    let again = [1, 2].map { _ in ReplaySwitch(packet: 2, configuration: configuration) }
    let (lines, output, summary) = try TestTopology.replay(
      Capture(Wire.frame(Wire.syn), Wire.frame(Wire.syn)).bytes,
      configuration,
      at: again
    )
    #expect(lines.allSatisfy { $0.played.server == nil && $0.played.verdict == "answer" && $0.played.interface == "eth0" })
    // To the client, through the sender of the frame.
    #expect(Array(output[40..<52]) == hex("0200000000c1 020000000002"))
    #expect(
      summary.notes == [
        "from packet 1 on, server 10.0.0.2 gets no packets: it has no next hop; add '10.0.0.2: {mac: 02:00:00:00:01:02}' under replay.next-hops"
      ]
    )
  }

  @Test func `a truncated capture is replayed up to its end`() throws {
    var run = try ReplayRun(try TestTopology.configuration())
    var reader = try CaptureReader(Array(Capture(Wire.frame(Wire.syn), Wire.frame(Wire.syn)).bytes.dropLast()))
    var output: [UInt8] = []
    var writer = CaptureWriter(reader.format) { output += $0 }
    let error = #expect(throws: CaptureError.self) { try run.play(&reader, into: &writer) { _ in } }
    try writer.finish()
    #expect(error == .cutPacket(2))
    #expect(output.count == 24 + 16 + 54)
  }

  @Test func `a capture of random bytes is replayed or refused, and every packet of it is reported`() throws {
    let valid = Capture(Wire.frame(Wire.syn), Wire.frame(Wire.dns)).bytes
    var random = Seeded(state: 17)
    for _ in 0..<300 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        // The first two words give the file's format.
        bytes[Int.random(in: 8..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let cut = Int.random(in: 24...bytes.count, using: &random)
      guard var reader = try? CaptureReader(Array(bytes[..<cut])) else { continue }
      var run = try ReplayRun(try TestTopology.configuration())
      var output: [UInt8] = []
      var writer = CaptureWriter(reader.format) { output += $0 }
      var reported = 0
      try? run.play(&reader, into: &writer) { reported = $0.packet }
      try writer.finish()
      #expect(reported == run.summary.packets)
      #expect(run.summary.endings.values.reduce(0, +) == reported)
      #expect(writer.packets == run.summary.written)
    }
  }

  /// SplitMix64: the same bytes in every run.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      return Maglev.mix(state)
    }
  }

  @Test func `names with characters that JSON does not allow are escaped`() {
    let played = Played(verdict: "pass", reason: "r", meaning: "", service: nil, server: nil, interface: "e\"\\\u{1}é", sent: [])
    let line = ReplayLine(packet: 1, played: played, output: [1, 2])
    #expect(
      line.json
        == #"{"packet":1,"verdict":"pass","reason":"r","service":null,"server":null,"interface":"e\"\\\u0001é","output":[1,2]}"#
    )
  }
}
