import Model
import NIOCore

/// A question to a name server, and whether a reply answers it (RFC 1035, section 4.1).
///
/// Written here: the check needs a question and the reply's head, and SwiftNIO has no resolver that asks a given server.
struct DNSMessage {
  let identifier: UInt16
  let name: String
  let type: DNSRecordType

  var question: [UInt8] {
    // Recursion desired, one question.
    [UInt8(identifier >> 8), UInt8(truncatingIfNeeded: identifier), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + encoded
  }

  private var encoded: [UInt8] {
    let labels = name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    return labels + [0, UInt8(type.number >> 8), UInt8(truncatingIfNeeded: type.number), 0, 1]
  }

  /// Nil for something other than a reply to this question.
  func judge(_ reply: ByteBuffer, from target: String) -> CheckResult? {
    let bytes = Array(reply.readableBytesView)
    let asked = encoded
    guard bytes.count >= 12 + asked.count, UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == identifier, bytes[2] & 0x80 != 0 else {
      return nil
    }
    let code = bytes[3] & 0x0f
    guard code == 0 else { return .bad("DNS \(Self.text(code)) for \(name) from \(target)") }
    // The question comes back, in any case of letters (RFC 1034, section 3.1).
    let echoed = bytes[12..<12 + asked.count].map(Self.lowercased)
    guard UInt16(bytes[4]) << 8 | UInt16(bytes[5]) == 1, echoed == asked.map(Self.lowercased) else { return nil }
    let answers = Int(bytes[6]) << 8 | Int(bytes[7])
    return answers > 0 ? .good() : .bad("no \(type.rawValue) record for \(name) from \(target)")
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

  private static func text(_ code: UInt8) -> String {
    switch code {
    case 1: "FORMERR"
    case 2: "SERVFAIL"
    case 3: "NXDOMAIN"
    case 4: "NOTIMP"
    case 5: "REFUSED"
    default: "error \(code)"
    }
  }
}
