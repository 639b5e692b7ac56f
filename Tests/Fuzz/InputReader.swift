/// Reads an input from the front. Past its end it reads zeros; a frame that claims more bytes than are left ends with the input.
struct InputReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0
  /// More frames would only make an input slow.
  private static let frameLimit = 64

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func byte() -> UInt8 {
    guard at < bytes.count else { return 0 }
    at += 1
    return bytes[at - 1]
  }

  /// Each frame follows its length in two bytes, low byte first.
  mutating func frames(repairsChecksums: Bool) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    while at < bytes.count && frames.count < Self.frameLimit {
      let length = Int(byte()) | Int(byte()) << 8
      let end = min(bytes.count, at + length)
      var frame = Array(bytes[at..<end])
      at = end
      if repairsChecksums { ChecksumRepair.repair(&frame) }
      frames.append(frame)
    }
    return frames
  }
}
