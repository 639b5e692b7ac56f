/// An `Encodable` value as JSON, in the order in which its type writes its fields.
///
/// Foundation's `JSONEncoder` builds a tree of dictionaries first and has to sort it for the same bytes twice.
package enum JSON {
  /// - Throws: `EncodingError` for a number that JSON has no text for (infinity, not a number).
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

  /// The value that is due, by its type's own code.
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
  /// How many objects and lists were open when the value began.
  let depth: Int

  // Kept by nobody: an array a field would cost more than the field.
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
