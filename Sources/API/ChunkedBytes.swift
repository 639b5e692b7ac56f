/// Bytes in chunks. A reply of 35 MB is never one array that is copied each time it doubles, and chunks can be freed once sent.
package struct ChunkedBytes: Sendable {
  /// A good size for one write to the socket.
  package static let usualChunk = 64 << 10

  private let chunk: Int
  private var full: [[UInt8]] = []
  private var last: [UInt8] = []

  package init(chunk: Int = usualChunk) {
    self.chunk = chunk
  }

  /// Chunks of at least `chunk` bytes each, except the last one.
  var chunks: [[UInt8]] { last.isEmpty ? full : full + [last] }

  package var count: Int { full.reduce(last.count) { $0 + $1.count } }

  /// Begins another chunk if this one is large enough.
  mutating func cut() {
    guard last.count >= chunk else { return }
    full.append(last)
    last = []
    last.reserveCapacity(chunk + chunk / 8)
  }

  /// As UTF-8.
  package var text: String { String(decoding: chunks.joined(), as: UTF8.self) }

  mutating func append(_ byte: UInt8) { last.append(byte) }

  mutating func append(_ text: UnsafeBufferPointer<UInt8>) { last.append(contentsOf: text) }

  mutating func append(_ bytes: ArraySlice<UInt8>) { last.append(contentsOf: bytes) }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { last.append(contentsOf: $0) }
  }

  mutating func append(spaces count: Int) { for _ in 0..<count { last.append(UInt8(ascii: " ")) } }

  mutating func append(decimal value: some FixedWidthInteger) {
    if value < 0 { last.append(UInt8(ascii: "-")) }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 40) { digits in
      var rest = value.magnitude
      var start = digits.count
      repeat {
        let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
        rest = quotient
      } while rest > 0
      last.append(contentsOf: digits[start...])
    }
  }
}
