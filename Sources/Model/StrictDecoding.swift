/// Decoding that refuses unknown keys. `Codable` ignores them, so a misspelt `wieght: 0` would succeed and drain nothing.
private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Decoder {
  /// A keyed container; throws when it has a key that `Key` doesn't have.
  package func strictContainer<Key: CodingKey & CaseIterable>(keyedBy key: Key.Type) throws -> KeyedDecodingContainer<Key> {
    try strictContainer(keyedBy: key, of: Key.allCases)
  }

  /// The same when only some of `Key`'s cases are allowed.
  package func strictContainer<Key: CodingKey>(
    keyedBy _: Key.Type,
    of keys: some Collection<Key>
  ) throws -> KeyedDecodingContainer<Key> {
    let known = keys.map(\.stringValue)
    let present = try container(keyedBy: AnyKey.self).allKeys
    if let unknown = present.lazy.map(\.stringValue).filter({ !known.contains($0) }).min() {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath, debugDescription: UnknownName.describe("field", unknown, known: known))
      )
    }
    return try container(keyedBy: Key.self)
  }
}

/// An unknown name, and the known one that was probably meant.
package enum UnknownName {
  /// One line: `unknown field 'wieght': did you mean 'weight'?`
  package static func describe(_ kind: String, _ name: String, known: [String]) -> String {
    "unknown \(kind) '\(name)': \(hint(name, known: known))"
  }

  /// The second half of that line.
  package static func hint(_ name: String, known: [String]) -> String {
    nearest(to: name, in: known).map { "did you mean '\($0)'?" } ?? "use one of \(known.joined(separator: ", "))"
  }

  /// The known name with the fewest edits, if they change at most half of it.
  package static func nearest(to name: String, in known: [String]) -> String? {
    let name = Array(name.prefix(64).lowercased())
    let scored = known.map { (name: $0, edits: edits(name, Array($0))) }
    guard let best = scored.min(by: { $0.edits < $1.edits }), best.edits * 2 <= max(best.name.count, 2) else { return nil }
    return best.name
  }

  /// Levenshtein distance, with a swap of two neighbours as one edit: the commonest typing error.
  private static func edits(_ from: [Character], _ to: [Character]) -> Int {
    var rows = [Array(0...to.count)]
    for (i, character) in from.enumerated() {
      var row = [i + 1]
      for (j, other) in to.enumerated() {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (character == other ? 0 : 1))
        if i > 0, j > 0, character == to[j - 1], other == from[i - 1] { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[from.count][to.count]
  }
}

extension DecodingError {
  /// One line: where and what is wrong, such as `servers[1].weight: expected a whole number`.
  package var line: String {
    switch self {
    case .dataCorrupted(let place): place.line(place.debugDescription)
    case .keyNotFound(let key, let place): place.line("the field '\(key.stringValue)' is missing")
    case .typeMismatch(let type, let place): place.line("expected \(Self.name(of: type))")
    case .valueNotFound(let type, let place): place.line("expected \(Self.name(of: type)), found null")
    @unknown default: "the request can't be read"
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "text"
    case is Int.Type: "a whole number"
    case is Bool.Type: "true or false"
    case is [Any].Type: "a list"
    default: "an object"
    }
  }
}

extension DecodingError.Context {
  fileprivate func line(_ what: String) -> String {
    var path = ""
    for key in codingPath {
      if let index = key.intValue { path += "[\(index)]" } else { path += (path.isEmpty ? "" : ".") + key.stringValue }
    }
    return path.isEmpty ? what : "\(path): \(what)"
  }
}
