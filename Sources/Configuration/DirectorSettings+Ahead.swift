extension DirectorSettings {
  /// The `director` part of a configuration file, read without the rest: all that a restart needs before it has read ten thousand services.
  ///
  /// Nil when that part cannot be read alone (flow style, anchors defined elsewhere) or is not valid; reading the whole file then reports the
  /// error. Settings from the whole file take precedence in any case.
  package init?(aheadOf bytes: [UInt8], file: String) {
    guard let part = Self.block("director", of: bytes), let node = try? YAMLText.compose(part, file: file),
      let root = try? YAMLValue(node: node, file: file, path: "").fields(["director"]),
      let director = root["director"], let settings = try? DirectorSettings(director, needsInterfaces: true)
    else { return nil }
    self = settings
  }

  /// From a key at the beginning of a line to the next such line. By bytes, and no further: the rest may be megabytes.
  private static func block(_ key: String, of bytes: [UInt8]) -> String? {
    let head = (key + ":").utf8
    var start: Int?
    var line = 0
    while line < bytes.count {
      if start == nil {
        if bytes[line...].starts(with: head) { start = line }
      } else if !" #\r\n".utf8.contains(bytes[line]) {
        break
      }
      line = (bytes[line...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1) + 1
    }
    return start.flatMap { String(validating: bytes[$0..<line], as: UTF8.self) }
  }
}
