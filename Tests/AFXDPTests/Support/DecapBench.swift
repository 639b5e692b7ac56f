import CXDP
import Glibc
import KernelCalls
import Testing

@testable import AFXDP

/// The decapsulating program, run in the kernel frame by frame, without an interface.
final class DecapBench {
  enum Disposition: Equatable {
    /// To the kernel, unchanged.
    case passed
    /// To the kernel, unchanged, and counted as a fragmented tunnel packet.
    case fragment
    case refused
    case unwrapped([UInt8])
  }

  private let program: OpaquePointer

  /// The program's host has the addresses `TunnelFrame.here` and `here6`.
  init(guePort: UInt16 = Decap.guePort) throws {
    program = try Decap.load(guePort: guePort)
    let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff] + TunnelFrame.here
    for address in [mapped, TunnelFrame.here6] { try #require(decap_set_address(program, address, 1) == 0) }
  }

  deinit { decap_close(program) }

  var verifiedInstructions: Int32 { kernel_verified_instructions(decap_program(program)) }

  func disposition(of frame: [UInt8]) throws -> Disposition {
    let before = DecapCounters(of: program)
    var result = [UInt8](repeating: 0, count: frame.count)
    var size = result.count
    let verdict = frame.withUnsafeBytes {
      kernel_rewrite_by_xdp(decap_program(program), $0.baseAddress, $0.count, &result, &size)
    }
    result.removeLast(result.count - size)
    let after = DecapCounters(of: program)
    let counts = [
      after.passed - before.passed, after.fragments - before.fragments, after.refused - before.refused,
      after.unwrapped - before.unwrapped,
    ]
    switch (verdict, counts) {
    case (2, [1, 0, 0, 0]) where result == frame: return .passed
    case (2, [0, 1, 0, 0]) where result == frame: return .fragment
    case (1, [0, 0, 1, 0]): return .refused
    case (2, [0, 0, 0, 1]): return .unwrapped(result)
    default: throw Failed("verdict \(verdict) of \(frame.count) bytes, which are \(size) now, counted as \(counts)")
    }
  }
}
