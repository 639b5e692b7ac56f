import Glibc

@testable import Forwarding

/// Spare frames as a worker would lend them, looked at when they come back.
final class TestSpares {
  /// Room for the largest IP packet.
  static let size = 66_000
  private let memory: UnsafeMutableRawPointer
  /// What is wrong with a piece that came back.
  private(set) var complaint: String?
  /// What frames hold where nothing was written.
  private var canary: UInt8 = 0

  init() {
    guard let memory = calloc(Pieces.capacity, Self.size) else { preconditionFailure("no memory for spare frames") }
    self.memory = memory
  }

  deinit { free(memory) }

  /// Makes stray writes of zeros show as well.
  func poison() {
    canary = 0xc5
    memset(memory, Int32(canary), Pieces.capacity * Self.size)
  }

  func fill(_ pieces: UnsafeMutablePointer<Pieces>) {
    for index in 0..<Pieces.capacity { pieces.pointee.put(memory + index * Self.size) }
  }

  /// The frames of the batch's pieces by the index of what they are pieces of; afterwards they are spare again.
  func take(from pieces: UnsafeMutablePointer<Pieces>) -> [Int: [[UInt8]]] {
    var taken: [Int: [[UInt8]]] = [:]
    var last = 0
    for index in 0..<pieces.pointee.count {
      let piece = pieces.pointee.piece(index)
      let (start, length) = (Int(piece.verdict.start), Int(piece.verdict.length))
      guard (piece.bytes - memory) % Self.size == 0, start >= 0, start + length <= Self.size, piece.parent >= last else {
        complaint = "a piece that is none: \(piece)"
        continue
      }
      last = piece.parent
      taken[piece.parent, default: []].append(Array(UnsafeRawBufferPointer(start: piece.bytes + start, count: length)))
      memset(piece.bytes + start, Int32(canary), length)
      // All equal, and the first is the canary.
      if piece.bytes.load(as: UInt8.self) != canary || memcmp(piece.bytes, piece.bytes + 1, Self.size - 1) != 0 {
        complaint = "bytes outside a piece were changed"
      }
      pieces.pointee.put(piece.bytes)
    }
    return taken
  }
}
