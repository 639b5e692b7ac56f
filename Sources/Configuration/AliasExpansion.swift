import Yams

/// Expands the aliases of a YAML file, within limits.
///
/// Yams would expand them while it composes, without limits: a billion nodes behind a key are hashed before anything here runs, and a chain of
/// 100,000 anchors overflows the stack when it is released. So Yams gets a text without aliases: each `*` is replaced by the marker, a character
/// that YAML takes for a letter, which moves no line or column. What was an alias is then a plain scalar that begins with the marker. No other
/// plain scalar does, since YAML lets none begin with `*`.
///
/// Not by counting `&` and `*` beforehand: what is inside of what is known only after parsing, and a limit on their number would refuse a
/// thousand services that share one list.
struct AliasExpansion {
  /// Values that all aliases together may add: 500,000 servers, each with an address and a weight, are 2.5 million.
  static let mostAdded = 4_000_000
  /// Levels of a file with aliases, after expansion. A configuration has 6.
  static let deepest = 64

  /// A node without aliases, and its size.
  private struct Part {
    var node: Node
    var count = 1
    var depth = 1
  }

  private let marker: Unicode.Scalar
  private let file: String
  private var anchors: [String: Part] = [:]
  private var added = 0

  /// - Parameter marker: from `marker(for:)`.
  /// - Parameter node: composed from `hiding(_:with:)`; its parser is still alive, since nodes refer to their anchors weakly.
  static func expand(_ node: Node, marker: Unicode.Scalar, file: String) throws(ConfigurationError) -> Node {
    var expansion = AliasExpansion(marker: marker, file: file)
    return try expansion.expand(node).node
  }

  private init(marker: Unicode.Scalar, file: String) {
    self.marker = marker
    self.file = file
  }

  /// A private-use character that the text does not contain; nil if the text has no `*` and so no alias.
  static func marker(for text: String) -> Unicode.Scalar? {
    guard text.utf8.contains(UInt8(ascii: "*")) else { return nil }
    let used = Set(text.unicodeScalars.lazy.filter { 0xe000...0xf8ff ~= $0.value })
    // In a text with all of them, words that begin with the last one are taken for aliases, and refused.
    return (0xe000...0xf8ff).lazy.compactMap(Unicode.Scalar.init).first { !used.contains($0) } ?? "\u{f8ff}"
  }

  static func hiding(_ text: String, with marker: Unicode.Scalar) -> String {
    var hidden: [UInt8] = []
    hidden.reserveCapacity(text.utf8.count + 1024)
    let replacement = Array(String(marker).utf8)
    for byte in text.utf8 {
      if byte == UInt8(ascii: "*") { hidden += replacement } else { hidden.append(byte) }
    }
    return String(decoding: hidden, as: UTF8.self)
  }

  /// The text as it was.
  static func shown(_ text: String, marker: Unicode.Scalar) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { scalars.append(scalar == marker ? "*" : scalar) }
    return String(scalars)
  }

  // Recursion is bounded by the parser, which takes 1000 levels.
  private mutating func expand(_ node: Node) throws(ConfigurationError) -> Part {
    var part = Part(node: node)
    switch node {
    case .scalar(var scalar):
      guard scalar.string.unicodeScalars.contains(marker) else { break }
      if isAlias(scalar) { return try target(of: scalar) }
      scalar.string = Self.shown(scalar.string, marker: marker)
      part.node = .scalar(scalar)
    case .sequence(var sequence):
      for index in sequence.indices {
        let item = try expand(sequence[index])
        sequence[index] = item.node
        part.count += item.count
        part.depth = max(part.depth, item.depth + 1)
      }
      part.node = .sequence(sequence)
    case .mapping(var mapping):
      for index in mapping.indices {
        let (key, value) = try (expand(key: mapping[index].key), expand(mapping[index].value))
        mapping[index] = (key.node, value.node)
        part.count += key.count + value.count
        part.depth = max(part.depth, key.depth + 1, value.depth + 1)
      }
      part.node = .mapping(mapping)
    case .alias: break
    }
    guard part.depth <= Self.deepest else {
      throw error("the file nests deeper than \(Self.deepest) levels", hint: "write the value without so many aliases", at: node)
    }
    // Kept only now: an anchor is unknown within its own value.
    if let anchor = node.anchor { anchors[anchor.rawValue] = part }
    return part
  }

  /// A key is a word; to expand others would give Yams something to hash.
  private mutating func expand(key: Node) throws(ConfigurationError) -> Part {
    guard let scalar = key.scalar else { throw error("a key is not a word", hint: "write one word before the colon", at: key) }
    if isAlias(scalar) { throw error("a key is an alias", hint: "write the key itself", at: key) }
    return try expand(key)
  }

  private func isAlias(_ scalar: Node.Scalar) -> Bool { scalar.style == .plain && scalar.string.unicodeScalars.first == marker }

  private mutating func target(of alias: Node.Scalar) throws(ConfigurationError) -> Part {
    let name = String(alias.string.unicodeScalars.dropFirst())
    let place = Node.scalar(alias)
    // What libyaml takes for a name. Of `*a:b` it would make two things, and of `*a b` none.
    guard !name.isEmpty, name.utf8.allSatisfy({ Self.isOfName($0) }) else {
      let text = YAMLValue.excerpt(Self.shown(alias.string, marker: marker))
      throw error(
        "'\(text)' is not an alias",
        hint: "write '*' and a name of letters, digits, '-' and '_', or quote the text",
        at: place
      )
    }
    guard let part = anchors[name] else {
      let name = YAMLValue.excerpt(name)
      throw error("'*\(name)' has no anchor", hint: "write '&\(name)' before an earlier value, or quote the text", at: place)
    }
    if let own = alias.anchor {
      let text = "&\(YAMLValue.excerpt(own.rawValue)) *\(YAMLValue.excerpt(name))"
      throw error(
        "'\(text)' is an anchor at an alias",
        hint: "use '*\(YAMLValue.excerpt(name))' wherever the value is wanted",
        at: place
      )
    }
    added += part.count
    guard added <= Self.mostAdded else {
      throw error(
        "the aliases up to here add more than \(Self.mostAdded) values",
        hint: "use fewer, or with smaller values",
        at: place
      )
    }
    return part
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }

  private func error(_ what: String, hint: String, at node: Node) -> ConfigurationError {
    YAMLValue(node: node, file: file, path: "").error(what, hint: hint)
  }
}
