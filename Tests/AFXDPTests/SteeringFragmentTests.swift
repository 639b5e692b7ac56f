import ABI
import Testing

@testable import AFXDP

/// Fragments in the order of their arrival: what the steering program remembers of the first one decides about the others, as in
/// the worker.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct SteeringFragmentTests {
  private let bench: SteeringBench

  init() throws {
    bench = try SteeringBench()
    try TestTopology.publish(to: bench.tables)
  }

  /// The fragments of a datagram; the first one's port decides where they go.
  private static func fragments(isIPv6: Bool, port: UInt16, identification: UInt8 = 7) -> (first: [UInt8], later: [UInt8]) {
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
    "All fragments of a datagram to a port without a service go to the kernel, all fragments to a service go to the worker",
    arguments: [false, true]
  )
  func followsTheFirst(isIPv6: Bool) throws {
    let forKernel = Self.fragments(isIPv6: isIPv6, port: 22)
    let services = Self.fragments(isIPv6: isIPv6, port: 80, identification: 8)
    try expect(forKernel.later, isTaken: true, "not known yet: held by the worker")
    try expect(forKernel.first, isTaken: false, "the first fragment for the kernel")
    try expect(forKernel.later, isTaken: false, "known: for the kernel")
    try expect(services.first, isTaken: true, "the first fragment for the service")
    try expect(services.later, isTaken: true, "known: for the service")
  }

  @Test("A reused identification is another datagram", arguments: [false, true])
  func usedAgain(isIPv6: Bool) throws {
    for port: UInt16 in [22, 80, 22, 80] {
      let fragments = Self.fragments(isIPv6: isIPv6, port: port)
      try expect(fragments.first, isTaken: port == 80, "first fragment to port \(port)")
      try expect(fragments.later, isTaken: port == 80, "later fragment to port \(port)")
    }
  }
}
