/// A value that is written in JSON as the operator's text.
package protocol TextCodable: Codable {
  /// The expected form of the text; it follows "is not" in errors.
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
