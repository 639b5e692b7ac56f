import Testing

@testable import AFXDP

/// The decapsulator frame by frame, in the kernel.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct DecapTests {
  private let bench: DecapBench

  init() throws { bench = try DecapBench() }

  @Test("What is sound comes out whole, byte for byte", arguments: DecapCase.unwrapped)
  func unwraps(_ example: DecapCase) throws {
    #expect(try bench.disposition(of: example.bytes) == .unwrapped(example.frame.unwrapped))
  }

  @Test("What is no plain tunnel packet for this host is the kernel's", arguments: DecapCase.passed)
  func passes(_ example: DecapCase) throws {
    #expect(try bench.disposition(of: example.bytes) == .passed)
  }

  @Test("Tunnel packets in pieces are the kernel's, and counted", arguments: DecapCase.fragments)
  func leavesFragments(_ example: DecapCase) throws {
    #expect(try bench.disposition(of: example.bytes) == .fragment)
  }

  @Test("What contradicts itself is dropped", arguments: DecapCase.refused)
  func refuses(_ example: DecapCase) throws {
    #expect(try bench.disposition(of: example.bytes) == .refused)
  }

  @Test("A frame cut off anywhere is never unwrapped", arguments: DecapCase.whole)
  func refusesCut(_ example: DecapCase) throws {
    for length in 14..<example.bytes.count {
      let disposition = try bench.disposition(of: Array(example.bytes.prefix(length)))
      #expect(disposition == .refused || disposition == .passed, "\(length) of \(example.bytes.count) bytes")
    }
  }

  @Test("With one byte of what a checksum covers changed, no packet is unwrapped", arguments: [TunnelFrame.Format.gue, .gre])
  func checksumCovers(_ format: TunnelFrame.Format) throws {
    for v6 in [false, true] {
      let sound = TunnelFrame(format, v6: v6) { $0.sum = .right }
      let start = v6 ? 14 + 40 : 14 + 20
      for index in start..<sound.bytes.count {
        var frame = sound.bytes
        frame[index] ^= 0x10
        let disposition = try bench.disposition(of: frame)
        #expect(disposition == .refused || disposition == .passed, "byte \(index) of \(format), \(v6 ? "IPv6" : "IPv4")")
      }
    }
  }

  @Test func `GUE comes to the port it is reported`() throws {
    let bench = try DecapBench(guePort: 5555)
    let frame = TunnelFrame(.gue) { ($0.port, $0.sum) = (5555, .right) }
    #expect(try bench.disposition(of: frame.bytes) == .unwrapped(frame.unwrapped))
    #expect(try bench.disposition(of: TunnelFrame(.gue).bytes) == .passed)
  }

  @Test func `the verifier has room to spare`() {
    #expect(
      (1..<200_000).contains(bench.verifiedInstructions),
      "\(bench.verifiedInstructions) of a million instructions followed"
    )
  }
}
