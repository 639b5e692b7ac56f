private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// Decodes an object that may only have known fields. `Codable` ignores unknown ones, so a misspelt `wieght: 0` would succeed and drain
/// nothing.
///
/// Uses one container with arbitrary keys: a second container for the known keys took a third of the time for reading a large request.
package struct StrictFields<Key: CodingKey> {
  private let container: KeyedDecodingContainer<AnyKey>

  fileprivate init(_ decoder: any Decoder, isKnown: (String) -> Bool, known: () -> [String]) throws {
    container = try decoder.container(keyedBy: AnyKey.self)
    // Names are listed only for the error: a request may have a hundred thousand objects.
    guard let unknown = container.allKeys.filter({ !isKnown($0.stringValue) }).map(\.stringValue).min() else { return }
    throw DecodingError.dataCorrupted(
      .init(codingPath: decoder.codingPath, debugDescription: UnknownName.describe("field", unknown, known: known()))
    )
  }

  package func contains(_ key: Key) -> Bool { container.contains(AnyKey(stringValue: key.stringValue)) }

  package func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try container.decode(type, forKey: AnyKey(stringValue: key.stringValue))
  }

  package func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    try container.decodeIfPresent(type, forKey: AnyKey(stringValue: key.stringValue))
  }

  /// Texts are decoded as strings, without a decoder of their own for each.
  package func decode<Value: TextCodable>(_: Value.Type, forKey key: Key) throws -> Value {
    try value(decode(String.self, forKey: key), of: key)
  }

  package func decodeIfPresent<Value: TextCodable>(_: Value.Type, forKey key: Key) throws -> Value? {
    try decodeIfPresent(String.self, forKey: key).map { try value($0, of: key) }
  }

  private func value<Value: TextCodable>(_ text: String, of key: Key) throws -> Value {
    guard let value = Value(text: text) else { throw refusal(of: key, "'\(text)' is not \(Value.form)") }
    return value
  }

  /// The error for a field's value.
  package func refusal(of key: Key, _ line: String) -> DecodingError {
    .dataCorruptedError(forKey: AnyKey(stringValue: key.stringValue), in: container, debugDescription: line)
  }
}

extension Decoder {
  /// Throws when there is a key that `Key` doesn't have.
  package func strictFields<Key: CodingKey & CaseIterable>(_: Key.Type) throws -> StrictFields<Key> {
    try StrictFields(self, isKnown: { Key(stringValue: $0) != nil }, known: { Key.allCases.map(\.stringValue) })
  }

  /// The same when only some of `Key`'s cases are allowed.
  package func strictFields<Key: CodingKey>(_: Key.Type, of keys: some Collection<Key>) throws -> StrictFields<Key> {
    let known = keys.map(\.stringValue)
    return try StrictFields(self, isKnown: { known.contains($0) }, known: { known })
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
