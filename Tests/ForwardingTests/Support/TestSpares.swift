import Glibc

@testable import Forwarding

/// Spare frames as a worker lends them; they are checked when they come back.
final class TestSpares {
  /// Room for the largest IP packet.
  static let size = 66_000
  private let memory: UnsafeMutableRawPointer
  /// What was wrong with a fragment that came back.
  private(set) var complaint: String?
  /// The value of bytes that were not written.
  private var canary: UInt8 = 0

  init() {
    guard let memory = calloc(OutputFragments.capacity, Self.size) else { preconditionFailure("no memory for spare frames") }
    self.memory = memory
  }

  deinit { free(memory) }

  /// Fills the frames with another value than 0, so that stray writes of zeros are detected too.
  func poison() {
    canary = 0xc5
    memset(memory, Int32(canary), OutputFragments.capacity * Self.size)
  }

  func fill(_ outputFragments: UnsafeMutablePointer<OutputFragments>) {
    for index in 0..<OutputFragments.capacity { outputFragments.pointee.put(memory + index * Self.size) }
  }

  /// The batch's output fragments by the index of their packet; afterwards their frames are spare again.
  func take(from outputFragments: UnsafeMutablePointer<OutputFragments>) -> [Int: [[UInt8]]] {
    var taken: [Int: [[UInt8]]] = [:]
    var last = 0
    for index in 0..<outputFragments.pointee.count {
      let outputFragment = outputFragments.pointee.outputFragment(index)
      let (start, length) = (Int(outputFragment.verdict.start), Int(outputFragment.verdict.length))
      guard (outputFragment.bytes - memory) % Self.size == 0, start >= 0, start + length <= Self.size,
        outputFragment.parent >= last
      else {
        complaint = "an output fragment outside the spare frames or out of order: \(outputFragment)"
        continue
      }
      last = outputFragment.parent
      taken[outputFragment.parent, default: []].append(
        Array(UnsafeRawBufferPointer(start: outputFragment.bytes + start, count: length))
      )
      memset(outputFragment.bytes + start, Int32(canary), length)
      // All bytes are equal, and the first is the canary.
      if outputFragment.bytes.load(as: UInt8.self) != canary
        || memcmp(outputFragment.bytes, outputFragment.bytes + 1, Self.size - 1) != 0
      {
        complaint = "bytes outside a fragment were changed"
      }
      outputFragments.pointee.put(outputFragment.bytes)
    }
    return taken
  }
}
