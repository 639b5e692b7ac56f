/// The bytes of an input, from the front. Behind their end there are zeros, and frames that say they are longer than what is left end there.
struct InputReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0
  /// More would only make an input slow.
  private static let frameLimit = 64

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func byte() -> UInt8 {
    guard at < bytes.count else { return 0 }
    at += 1
    return bytes[at - 1]
  }

  /// Each behind its length in two bytes, low byte first.
  mutating func frames(mending: Bool) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    while at < bytes.count && frames.count < Self.frameLimit {
      let length = Int(byte()) | Int(byte()) << 8
      let end = min(bytes.count, at + length)
      var frame = Array(bytes[at..<end])
      at = end
      if mending { Mending.hint(&frame) }
      frames.append(frame)
    }
    return frames
  }
}
