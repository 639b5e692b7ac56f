/// Encodes an `Encodable` value as JSON, with fields in the order in which the type writes them.
///
/// Foundation's `JSONEncoder` first builds a tree of dictionaries, which must be sorted to give the same bytes each time.
package enum JSON {
  /// - Throws: `EncodingError` for a number without JSON text (infinity, not a number).
  package static func encode(_ value: some Encodable, chunk: Int = ChunkedBytes.usualChunk) throws -> ChunkedBytes {
    let encoding = JSONEncoding(chunk: chunk)
    try encoding.write(value)
    return try encoding.writer.finish()
  }
}

/// The writer that all containers of a value share.
// Each method of a container touches `writer` once: every access to a class's property is checked at run time.
final class JSONEncoding {
  var writer: JSONWriter

  init(chunk: Int) { writer = JSONWriter(chunk: chunk) }

  /// Writes the next value by its type's own code.
  func write(_ value: some Encodable) throws {
    let depth = writer.depth
    try value.encode(to: JSONValueEncoder(encoding: self, depth: depth))
    writer.end(at: depth)
  }
}

/// The encoder of one value.
// Two words: it fits into an existential without an allocation.
struct JSONValueEncoder: Encoder {
  let encoding: JSONEncoding
  /// Number of objects and lists that were open when the value began.
  let depth: Int

  // Not recorded: an array for each field would cost more than the field.
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(JSONObject<Key>(encoding: encoding, place: encoding.writer.open(object: true, at: depth)))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    JSONList(encoding: encoding, place: encoding.writer.open(object: false, at: depth))
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { JSONScalar(encoding: encoding) }
}
