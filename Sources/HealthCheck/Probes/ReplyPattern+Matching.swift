import Glibc
import Model

extension ReplyPattern {
  /// Whether a reply is as it should be, in time linear in the reply.
  func isMatch(_ reply: some Sequence<UInt8>) -> Bool {
    var bytes = reply.map { CChar(bitPattern: $0) }
    switch self {
    case .begins(let wanted):
      return bytes.count >= wanted.count && zip(wanted, bytes).allSatisfy { $0 == nil || $0 == UInt8(bitPattern: $1) }
    case .contains(let text):
      bytes.append(0)
      return bytes.withUnsafeBufferPointer { bytes in
        guard var part = bytes.baseAddress else { return false }
        let end = part + bytes.count
        // The text has no zero byte, so it is in one of the parts between them.
        while part < end {
          if strstr(part, text) != nil { return true }
          part += strlen(part) + 1
        }
        return false
      }
    case .matches(let expression):
      // Compiled for each reply: a compiled expression remembers every state that a text has led it to, and would grow with what servers send.
      var compiled = regex_t()
      // From the beginning: the matcher would otherwise begin anew at each byte of the reply, in quadratic time.
      guard regcomp(&compiled, "^.*(\(expression))", REG_EXTENDED | REG_NOSUB) == 0 else { return false }
      defer { regfree(&compiled) }
      // A dot matches no zero byte.
      for index in bytes.indices where bytes[index] == 0 { bytes[index] = 0x1a }
      bytes.append(0)
      return regexec(&compiled, bytes, 0, nil, 0) == 0
    }
  }
}
