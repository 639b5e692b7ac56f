import Yams

extension DirectorSettings {
  /// The `director` part of a configuration file, read without the rest: what a restart needs before it has read ten thousand services.
  ///
  /// Nil when that part does not stand by itself (flow style, anchors defined elsewhere) or is not valid: reading the whole file then says so.
  /// The whole file has the last word in any case.
  package init?(aheadOf bytes: some Sequence<UInt8>, file: String) {
    guard let text = String(validating: bytes, as: UTF8.self), let part = Self.block("director", of: text),
      let node = try? Yams.compose(yaml: part), let root = try? YAMLValue(node: node, file: file, path: "").fields(["director"]),
      let director = root["director"], let settings = try? DirectorSettings(director, needsInterfaces: true)
    else { return nil }
    self = settings
  }

  /// From a key at the beginning of a line to the next such line.
  private static func block(_ key: String, of text: String) -> String? {
    var lines: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isIndented = line.first.map { $0 == " " || $0 == "#" || $0 == "\r" } ?? true
      if lines.isEmpty {
        if line.hasPrefix(key + ":") { lines.append(line) }
      } else if isIndented {
        lines.append(line)
      } else {
        break
      }
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}
