import ABI
import Testing

@testable import AFXDP

/// Fragments in the order of their coming: what the steering program remembers of the first decides for the rest, as in the worker.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct SteeringFragmentTests {
  private let bench: SteeringBench

  init() throws {
    bench = try SteeringBench()
    try TestTopology.publish(to: bench.tables)
  }

  /// A datagram's pieces; the port of the first says whose it is.
  private static func outputFragments(isIPv6: Bool, port: UInt16, identification: UInt8 = 7) -> (first: [UInt8], later: [UInt8]) {
    if isIPv6 {
      let first = TestFrameIPv6 {
        $0.port = port
        $0.extensions = [.fragment(offset: 0, more: true, identification: identification)]
      }
      let later = TestFrameIPv6 {
        $0.extensions = [.fragment(offset: 100, more: false, identification: identification)]
        $0.transport = [1, 2, 3, 4, 5, 6, 7, 8]
      }
      return (first.bytes, later.bytes)
    }
    let first = TestFrame {
      $0.port = port
      $0.identification = UInt16(identification)
      $0.fragment = 0x2000
    }
    let later = TestFrame {
      $0.identification = UInt16(identification)
      $0.fragment = 100
      $0.transport = [1, 2, 3, 4, 5, 6, 7, 8]
    }
    return (first.bytes, later.bytes)
  }

  private func expect(_ frame: [UInt8], isTaken: Bool, _ what: Comment) throws {
    #expect(try bench.steer(frame) == (isTaken ? .redirect : .pass), what)
    #expect(bench.isForService(frame) == isTaken, what)
  }

  @Test(
    "A datagram of no service's port is the kernel's to its last fragment, and a service's the worker's",
    arguments: [false, true]
  )
  func followsTheFirst(isIPv6: Bool) throws {
    let kernels = Self.outputFragments(isIPv6: isIPv6, port: 22)
    let services = Self.outputFragments(isIPv6: isIPv6, port: 80, identification: 8)
    try expect(kernels.later, isTaken: true, "unknown yet, held")
    try expect(kernels.first, isTaken: false, "the kernel's first")
    try expect(kernels.later, isTaken: false, "known to be the kernel's")
    try expect(services.first, isTaken: true, "the service's first")
    try expect(services.later, isTaken: true, "the service's")
  }

  @Test("An identification used again is another datagram", arguments: [false, true])
  func usedAgain(isIPv6: Bool) throws {
    for port: UInt16 in [22, 80, 22, 80] {
      let outputFragments = Self.outputFragments(isIPv6: isIPv6, port: port)
      try expect(outputFragments.first, isTaken: port == 80, "first to \(port)")
      try expect(outputFragments.later, isTaken: port == 80, "rest of \(port)")
    }
  }
}
