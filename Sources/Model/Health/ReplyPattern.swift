import Glibc

/// What a reply must look like.
package enum ReplyPattern: Hashable, Sendable {
  case contains(String)
  /// A POSIX extended regular expression.
  case matches(String)
  /// The first bytes; nil is any byte.
  case begins([UInt8?])

  /// `hex:01xx03` is the reply's beginning, `x` any digit pair; other texts are regular expressions.
  package init?(reply text: String) {
    guard text.hasPrefix("hex:") else {
      guard Self.fault(of: text) == nil else { return nil }
      self = .matches(text)
      return
    }
    let digits = Array(text.dropFirst(4))
    guard !digits.isEmpty, digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8?] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
      let pair = String(digits[place..<place + 2])
      if pair.lowercased() == "xx" {
        bytes.append(nil)
      } else if pair.allSatisfy({ $0.isASCII && $0.isHexDigit }), let byte = UInt8(pair, radix: 16) {
        bytes.append(byte)
      } else {
        return nil
      }
    }
    self = .begins(bytes)
  }

  /// Why the text is no usable expression; nil if it is one.
  ///
  /// The C library's matcher: without back-references it runs in time linear in the reply, whatever the reply, and Swift's `Regex` does not.
  package static func fault(of expression: String) -> String? {
    let bytes = Array(expression.utf8)
    // A backslash escapes the next byte, so only one that is not escaped itself counts.
    var place = 0
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "\\") {
        if place + 1 < bytes.count, (0x31...0x39).contains(bytes[place + 1]) { return "it has a back-reference" }
        place += 1
      }
      place += 1
    }
    var compiled = regex_t()
    let error = regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB)
    if error == 0 {
      regfree(&compiled)
      return nil
    }
    var text = [CChar](repeating: 0, count: 128)
    regerror(error, &compiled, &text, text.count)
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// Bytes to send, written as text or as `hex:0102`.
package struct CheckPayload: Hashable, Sendable {
  package let bytes: [UInt8]

  package init?(_ text: String) {
    guard text.hasPrefix("hex:") else {
      bytes = Array(text.utf8)
      return
    }
    guard case .begins(let pattern)? = ReplyPattern(reply: text), !pattern.contains(nil) else { return nil }
    bytes = pattern.compactMap(\.self)
  }
}
