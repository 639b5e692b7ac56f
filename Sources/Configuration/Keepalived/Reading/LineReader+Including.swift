extension LineReader {
  /// Opens the files of a line `include PATH`; false for another line.
  mutating func include(_ line: Line) throws(ConfigurationError) -> Bool {
    let text = String(decoding: line.text, as: UTF8.self)
    guard text.hasPrefix("include") else { return false }
    var rest = text.dropFirst(7)
    // What must be there; all of it is said in any case.
    if let kind = rest.first, "rmwba".contains(kind) { rest = rest.dropFirst() }
    guard let blank = rest.first, blank == " " || blank == "\t" else { return false }
    var pattern = rest.drop { $0 == " " || $0 == "\t" }
    if pattern.hasPrefix("\""), pattern.hasSuffix("\""), pattern.count > 1 { pattern = pattern.dropFirst().dropLast() }
    let path = pattern.hasPrefix("/") ? String(pattern) : (file?.folder ?? "") + pattern
    let files = host.paths(path)
    if files.isEmpty {
      notes.add(
        line.place,
        "no file is '\(YAMLValue.excerpt(path))'",
        "check the path; keepalived goes on without it, and so does the import"
      )
    }
    // The first on top.
    for file in files.reversed() {
      for case .file(let open) in stack where open.path == file {
        throw line.place.error("\(YAMLValue.excerpt(file)) includes itself", hint: "remove the line")
      }
      do {
        try push(OpenFile(path: file, bytes: host.read(file)), from: line.place)
      } catch let error as ConfigurationError {
        throw error
      } catch {
        notes.add(
          line.place,
          "an included file is not read: \(YAMLValue.excerpt("\(error)"))",
          "keepalived goes on without it, and so does the import"
        )
      }
    }
    return true
  }
}
