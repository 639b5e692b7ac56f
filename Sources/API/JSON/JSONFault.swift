import Foundation

/// Why bytes are not JSON, with line and column.
///
/// `JSONDecoder` on Linux reports no position; `JSONSerialization`, the older parser, does.
enum JSONFault {
  /// Nil when the bytes are valid JSON.
  static func describe(_ body: Data) -> String? {
    do {
      _ = try JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed)
      return nil
    } catch {
      let reason = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "\(error)"
      if let match = reason.wholeMatch(of: /(.*) around (?:character|line 1, column) (\d+)\.?/), let offset = Int(match.2) {
        return "\(match.1) at \(place(of: offset, in: body))"
      }
      let end = reason.contains("end of file") ? " at \(place(of: body.count, in: body))" : ""
      return reason.trimmingCharacters(in: ["."]) + end
    }
  }

  /// Line and column, counted from 1, in bytes.
  static func place<Bytes: Collection<UInt8>>(of offset: Int, in body: Bytes) -> String {
    var (line, column) = (1, 1)
    for byte in body.prefix(offset) {
      if byte == UInt8(ascii: "\n") { (line, column) = (line + 1, 1) } else { column += 1 }
    }
    return "line \(line), column \(column)"
  }
}
