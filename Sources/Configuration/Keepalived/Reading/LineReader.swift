/// The lines of a configuration as keepalived sees them: included files in place, comments gone, lines for other hosts left out, `$NAME`
/// replaced, `~SEQ` and `~LST` repeated.
///
/// A stack of what is being read: files, the further lines of a definition, a sequence. Its top gives the next line; a line may put something on
/// top. So nothing recurses, and each limit is checked in one place.
struct LineReader {
  struct Line {
    var text: [UInt8]
    /// Of text from a definition: where it is used.
    var place: Place
  }

  enum Source {
    case file(OpenFile)
    case definition(lines: ArraySlice<[UInt8]>, place: Place)
    case repetition(Repetition, place: Place)
  }

  let host: ImportHost
  var stack: [Source] = []
  var definitions: [String: Definition] = [:]
  var definedBytes = 0
  var notes: Notes

  private var files = 0
  private var fileBytes = 0
  private var lines = 0
  private var expandedBytes = 0
  var replacements = 0

  init(file: String, host: ImportHost, notes: Notes) throws {
    self.host = host
    self.notes = notes
    try push(OpenFile(path: file, bytes: host.read(file)), from: Place(file: file, line: 1))
  }

  /// The next line with something in it; nil at the end.
  mutating func next() throws(ConfigurationError) -> Line? {
    while let line = try sourceLine() {
      guard let line = try expanded(line), !line.text.isEmpty else { continue }
      expandedBytes += line.text.count
      guard expandedBytes <= ImportLimit.expandedBytes else { throw tooLong(line.place) }
      if try !include(line) { return line }
    }
    return nil
  }

  mutating func push(_ source: Source, from place: Place) throws(ConfigurationError) {
    guard stack.count < ImportLimit.depth else {
      throw place.error(
        "files, definitions and sequences are more than \(ImportLimit.depth) deep in one another",
        hint: "check whether one of them contains itself"
      )
    }
    stack.append(source)
  }

  mutating func push(_ file: OpenFile, from place: Place) throws(ConfigurationError) {
    files += 1
    fileBytes += file.bytes.count
    guard files <= ImportLimit.files else {
      throw place.error("more than \(ImportLimit.files) files are included", hint: "check whether files include each other")
    }
    guard fileBytes <= ImportLimit.fileBytes else {
      throw place.error("the files are over \(ImportLimit.fileBytes >> 20) MiB", hint: "check that they are the right ones")
    }
    try push(.file(file), from: place)
  }

  /// A line of the top of the stack, still with definitions in it.
  mutating func sourceLine() throws(ConfigurationError) -> Line? {
    while let top = stack.popLast() {
      guard let line = try line(of: top) else { continue }
      lines += 1
      guard lines <= ImportLimit.lines else { throw tooLong(line.place) }
      guard line.text.count <= ImportLimit.lineBytes else {
        throw line.place.error("the line has over \(ImportLimit.lineBytes) bytes", hint: "keepalived takes 1023; divide it")
      }
      return line
    }
    return nil
  }

  private func tooLong(_ place: Place) -> ConfigurationError {
    place.error(
      "the configuration has over \(ImportLimit.lines) lines or \(ImportLimit.expandedBytes >> 20) MiB once it is expanded",
      hint: "check whether a definition contains itself, and the ends of each ~SEQ"
    )
  }

  /// Nil at the source's end, when it is no longer on the stack.
  private mutating func line(of source: Source) throws(ConfigurationError) -> Line? {
    switch source {
    case .file(var file):
      guard let line = try file.next() else { return nil }
      stack.append(.file(file))
      return line
    case .definition(let lines, let place):
      guard let first = lines.first else { return nil }
      // What is used up leaves at once: a definition that ends with itself would fill the stack.
      if lines.count > 1 { stack.append(.definition(lines: lines.dropFirst(), place: place)) }
      return Line(text: first, place: place)
    case .repetition(var repetition, let place):
      guard let values = repetition.next() else { return nil }
      stack.append(.repetition(repetition, place: place))
      for (name, value) in values { try define(name, Definition([value]), at: place) }
      return Line(text: repetition.text, place: place)
    }
  }

  /// The file that is being read.
  var file: OpenFile? {
    for case .file(let file) in stack.reversed() { return file }
    return nil
  }
}
