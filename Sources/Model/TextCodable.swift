/// A value that stands in JSON as the text an operator writes it in.
package protocol TextCodable: Codable {
  /// What such a text looks like: what can follow "is not".
  static var form: String { get }
  init?(text: String)
  var text: String { get }
}

extension TextCodable {
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = Self(text: text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not \(Self.form)"))
    }
    self = value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

extension TextCodable where Self: CustomStringConvertible {
  package var text: String { description }
}
