extension ChunkedBytes {
  /// Appends a JSON string; escapes only what RFC 8259 section 7 requires.
  mutating func append(quoted value: String) {
    append(UInt8(ascii: "\""))
    var value = value
    value.withUTF8 { text in
      if text.contains(where: Self.isEscaped) { escape(text) } else { append(text) }
    }
    append(UInt8(ascii: "\""))
  }

  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\r"): append("\\r")
      case UInt8(ascii: "\t"): append("\\t")
      case ..<0x20:
        append("\\u00")
        for digit in [byte >> 4, byte & 0xf] {
          append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
      default: append(byte)
      }
    }
  }
}
