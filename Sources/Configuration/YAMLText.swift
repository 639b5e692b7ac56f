import Yams

/// Composes the text of a YAML file.
///
/// Time and memory are in proportion to the text: the parser takes at most 1000 levels, and aliases are expanded within limits.
enum YAMLText {
  static func compose(_ text: String, file: String) throws(ConfigurationError) -> Node {
    let marker = AliasExpansion.marker(for: text)
    let hidden = marker.map { AliasExpansion.hiding(text, with: $0) } ?? text
    do {
      // Scalars are read by `YAMLValue`. Yams would try seven regular expressions on each key to find its type.
      let parser = try Parser(yaml: hidden, resolver: .basic)
      return try withExtendedLifetime(parser) {
        guard let node = try parser.singleRoot() else { throw Self.empty(file) }
        return try marker.map { try AliasExpansion.expand(node, marker: $0, file: file) } ?? node
      }
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw ConfigurationError(error, text: hidden, marker: marker, file: file)
    }
  }

  private static func empty(_ file: String) -> ConfigurationError {
    ConfigurationError(file: file, line: 1, column: 1, what: "the file is empty", hint: "start from Docs/sluice.example.yaml")
  }
}

extension ConfigurationError {
  /// An error from Yams: the text is not valid YAML.
  fileprivate init(_ error: any Error, text: String, marker: Unicode.Scalar?, file: String) {
    var place: (line: Int, column: Int)?
    var what = "the file is not valid YAML"
    var hint = "check indentation, colons and quotes here"
    switch error as? YamlError {
    case .parser(_, let problem, let mark, _) where problem.hasPrefix("Maximum nesting level"):
      place = (mark.line, mark.column)
      what = "the file nests too deep"
      hint = "write at most 6 levels, as in Docs/sluice.example.yaml"
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      place = (mark.line, mark.column)
      what = [problem, context?.text].compactMap(\.self).joined(separator: " ")
    case .reader(let problem, let offset, _, _):
      // The offset counts bytes; line and column are lines and Unicode scalars.
      let before = String(decoding: text.utf8.prefix(offset ?? 0), as: UTF8.self).unicodeScalars
      let line = before.split(separator: "\n", omittingEmptySubsequences: false)
      place = (line.count, (line.last?.count ?? 0) + 1)
      what = problem
      hint = "remove the character here"
    case .duplicatedKeysInMapping(let duplicates, let context):
      place = (context.mark.line, context.mark.column)
      var key = duplicates.first ?? ""
      if let marker { key = AliasExpansion.shown(key, marker: marker) }
      what = "'\(YAMLValue.excerpt(key))' is given more than once in one mapping"
      hint = "keep one"
    default: break
    }
    self.init(file: file, line: place?.line, column: place?.column, what: what, hint: hint)
  }
}
