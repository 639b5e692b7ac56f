/// A file that is being read line by line.
struct OpenFile {
  let path: String
  let bytes: [UInt8]
  private var offset = 0
  private var line = 0

  init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  /// For paths in the file that are not absolute; empty for the folder of the command.
  var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }

  /// The next line without its end and comment, empty only if it was so in the file: such a line ends a definition, one with nothing but a
  /// comment does not. Nil at the end of the file.
  mutating func next() throws(ConfigurationError) -> LineReader.Line? {
    while offset < bytes.count {
      let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      var text = bytes[offset..<end]
      offset = end + 1
      line += 1
      let place = Place(file: path, line: line)
      if text.last == UInt8(ascii: "\r") { text = text.dropLast() }
      if text.contains(0) {
        throw place.error("the line has a zero byte", hint: "give a keepalived configuration, which is text")
      }
      let rest = try LineText.withoutComment(text, at: place)
      if text.isEmpty || !rest.isEmpty { return LineReader.Line(text: rest, place: place) }
    }
    return nil
  }
}
