/// The elements of a list.
struct JSONList: UnkeyedEncodingContainer {
  let encoding: JSONEncoding
  let place: JSONWriter.Place
  private(set) var count = 0

  init(encoding: JSONEncoding, place: JSONWriter.Place) {
    self.encoding = encoding
    self.place = place
  }

  var codingPath: [any CodingKey] { [] }

  mutating func encodeNil() throws {
    count += 1
    try encoding.writer.begin(place)
    try encoding.writer.null()
  }

  // All other kinds of values, the standard library's included, are encoded here.
  mutating func encode<Value: Encodable>(_ value: Value) throws {
    count += 1
    try encoding.writer.begin(place)
    try encoding.write(value)
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy _: Nested.Type) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(JSONObject<Nested>(encoding: encoding, place: open(object: true)))
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    JSONList(encoding: encoding, place: open(object: false))
  }

  private mutating func open(object: Bool) -> JSONWriter.Place {
    count += 1
    return encoding.open(object: object, in: place) { [place] writer in try writer.begin(place) }
  }

  func superEncoder() -> any Encoder { encoding.refusal(at: place) }
}
