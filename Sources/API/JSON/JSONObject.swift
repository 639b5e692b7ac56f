/// The fields of an object.
// The rarer integer types use the generic `encode`, which satisfies the protocol for them too.
struct JSONObject<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoding: JSONEncoding
  let place: JSONWriter.Place

  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) throws { try field(key) { writer in try writer.null() } }

  func encode(_ value: Bool, forKey key: Key) throws { try field(key) { writer in try writer.bool(value) } }

  func encode(_ value: String, forKey key: Key) throws { try field(key) { writer in try writer.string(value) } }

  func encode(_ value: Int, forKey key: Key) throws { try field(key) { writer in try writer.integer(value) } }

  func encode(_ value: UInt64, forKey key: Key) throws { try field(key) { writer in try writer.integer(value) } }

  func encode(_ value: Double, forKey key: Key) throws {
    try named(key) { try field(key) { writer in try writer.number(value) } }
  }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try encoding.writer.begin(place, key: key.stringValue)
    try named(key) { try encoding.write(value) }
  }

  func nestedContainer<Nested: CodingKey>(keyedBy _: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(JSONObject<Nested>(encoding: encoding, place: open(object: true, key)))
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    JSONList(encoding: encoding, place: open(object: false, key))
  }

  // For classes with inheritance; no type of the API has any.
  func superEncoder() -> any Encoder { encoding.refusal(at: place) }
  func superEncoder(forKey _: Key) -> any Encoder { encoding.refusal(at: place) }

  private func field(_ key: Key, _ write: (inout JSONWriter) throws -> Void) throws {
    try encoding.writer.field(place, key.stringValue, write)
  }

  private func open(object: Bool, _ key: Key) -> JSONWriter.Place {
    encoding.open(object: object, in: place) { writer in try writer.begin(place, key: key.stringValue) }
  }

  /// An error names the field in which it occurred.
  private func named(_ key: Key, _ write: () throws -> Void) throws {
    do {
      try write()
    } catch EncodingError.invalidValue(let value, let place) {
      let path = [key] + place.codingPath
      throw EncodingError.invalidValue(value, EncodingError.Context(codingPath: path, debugDescription: place.debugDescription))
    }
  }
}

extension JSONEncoding {
  /// Opens a container within a container.
  func open(object: Bool, in place: JSONWriter.Place, _ begin: (inout JSONWriter) throws -> Void) -> JSONWriter.Place {
    do { try begin(&writer) } catch { writer.fail(JSONWriter.misuse("\(error)")) }
    return writer.open(object: object, at: place.depth)
  }

  func refusal(at place: JSONWriter.Place) -> JSONValueEncoder {
    writer.fail(JSONWriter.misuse("superEncoder is not offered: write the fields by nestedContainer"))
    return JSONValueEncoder(encoding: self, depth: place.depth)
  }
}
