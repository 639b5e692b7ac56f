import Testing

@testable import AFXDP

/// The decapsulator in the kernel, frame by frame.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct DecapTests {
  private let bench: DecapBench

  init() throws { bench = try DecapBench() }

  @Test("A valid tunnel packet is decapsulated, byte for byte", arguments: DecapCase.unwrapped)
  func unwraps(_ example: DecapCase) throws {
    #expect(try bench.disposition(of: example.bytes) == .unwrapped(example.frame.unwrapped))
  }

  @Test("A packet that is not a plain tunnel packet for this host goes to the kernel", arguments: DecapCase.passed)
  func passes(_ example: DecapCase) throws {
    #expect(try bench.disposition(of: example.bytes) == .passed)
  }

  @Test("A fragmented tunnel packet goes to the kernel, and is counted", arguments: DecapCase.fragments)
  func leavesFragments(_ example: DecapCase) throws {
    #expect(try bench.disposition(of: example.bytes) == .fragment)
  }

  @Test("A tunnel packet with contradicting fields is dropped", arguments: DecapCase.refused)
  func refuses(_ example: DecapCase) throws {
    #expect(try bench.disposition(of: example.bytes) == .refused)
  }

  @Test("A frame truncated anywhere is never decapsulated", arguments: DecapCase.whole)
  func refusesCut(_ example: DecapCase) throws {
    for length in 14..<example.bytes.count {
      let disposition = try bench.disposition(of: Array(example.bytes.prefix(length)))
      #expect(disposition == .refused || disposition == .passed, "\(length) of \(example.bytes.count) bytes")
    }
  }

  @Test("A packet with one byte changed under a checksum is never decapsulated", arguments: [TunnelFrame.Format.gue, .gre])
  func checksumCovers(_ format: TunnelFrame.Format) throws {
    for v6 in [false, true] {
      let valid = TunnelFrame(format, v6: v6) { $0.sum = .right }
      let start = v6 ? 14 + 40 : 14 + 20
      for index in start..<valid.bytes.count {
        var frame = valid.bytes
        frame[index] ^= 0x10
        let disposition = try bench.disposition(of: frame)
        #expect(disposition == .refused || disposition == .passed, "byte \(index) of \(format), \(v6 ? "IPv6" : "IPv4")")
      }
    }
  }

  @Test func `GUE is accepted at the configured port`() throws {
    let bench = try DecapBench(guePort: 5555)
    let frame = TunnelFrame(.gue) { ($0.port, $0.sum) = (5555, .right) }
    #expect(try bench.disposition(of: frame.bytes) == .unwrapped(frame.unwrapped))
    #expect(try bench.disposition(of: TunnelFrame(.gue).bytes) == .passed)
  }

  @Test func `the verifier is far from its limit`() {
    #expect(
      (1..<200_000).contains(bench.verifiedInstructions),
      "the verifier processed \(bench.verifiedInstructions) of a million instructions"
    )
  }
}
