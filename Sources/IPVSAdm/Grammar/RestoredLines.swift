import Model

/// The lines that `-R` reads. White space separates words, the word `ipvsadm` is skipped, and, better than in ipvsadm, `#` begins a comment
/// and all lines are read before the first is carried out.
package enum RestoredLines {
  /// A failure that names its line.
  package static func read(_ text: String, program: String = "ipvsadm", names: Names) throws(Failure) -> [Request] {
    var requests: [Request] = []
    // Bytes: a carriage return and a line feed are one Character.
    for (index, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      var words = line.split(whereSeparator: { " \t\r".utf8.contains($0) }).map { String(Substring($0)) }
      if let comment = words.firstIndex(where: { $0.hasPrefix("#") }) { words.removeSubrange(comment...) }
      words.removeAll { $0 == "ipvsadm" }
      if words.isEmpty { continue }
      // A flag without a name, as it is saved.
      if words.last == "-b" { words.append("flag-3") }
      do throws(Failure) {
        let request = try CommandLineReader.read(words, program: program, names: names)
        // As in ipvsadm: no endless loop.
        if request == .restore { throw .tryHelp(program) }
        requests.append(request)
      } catch {
        throw Failure(error.message, code: error.code, place: "line \(index + 1)")
      }
    }
    return requests
  }
}
