/// Decodes base64 text, in which `bpf-embed` writes BPF objects into the source. Foundation's decoder would mean linking Foundation.
///
/// - Precondition: `text` is ASCII and valid, padded base64. Our own build made it, so anything else is a bug.
package func decodeBase64(_ text: StaticString) -> [UInt8] {
  text.withUTF8Buffer { digits in
    precondition(digits.count % 4 == 0, "base64 comes in groups of four digits")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 4 * 3)
    for group in stride(from: 0, to: digits.count, by: 4) {
      var bits: UInt32 = 0
      var padding = 0
      for digit in digits[group..<group + 4] {
        if digit == UInt8(ascii: "=") { padding += 1 }
        bits = bits << 6 | value(of: digit)
      }
      for place in 0..<3 - padding { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * place))) }
    }
    return bytes
  }
}

private func value(of digit: UInt8) -> UInt32 {
  switch digit {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
  case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
  case UInt8(ascii: "+"): 62
  case UInt8(ascii: "/"): 63
  default: 0  // padding
  }
}
