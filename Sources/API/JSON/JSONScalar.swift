/// A value that is neither object nor list.
struct JSONScalar: SingleValueEncodingContainer {
  let encoding: JSONEncoding

  var codingPath: [any CodingKey] { [] }

  func encodeNil() throws { try encoding.writer.null() }
  func encode(_ value: Bool) throws { try encoding.writer.bool(value) }
  func encode(_ value: String) throws { try encoding.writer.string(value) }
  func encode(_ value: Double) throws { try encoding.writer.number(value) }
  func encode(_ value: Float) throws { try encoding.writer.number(Double(value)) }
  func encode(_ value: Int) throws { try encoding.writer.integer(value) }
  func encode(_ value: Int8) throws { try encoding.writer.integer(value) }
  func encode(_ value: Int16) throws { try encoding.writer.integer(value) }
  func encode(_ value: Int32) throws { try encoding.writer.integer(value) }
  func encode(_ value: Int64) throws { try encoding.writer.integer(value) }
  func encode(_ value: UInt) throws { try encoding.writer.integer(value) }
  func encode(_ value: UInt8) throws { try encoding.writer.integer(value) }
  func encode(_ value: UInt16) throws { try encoding.writer.integer(value) }
  func encode(_ value: UInt32) throws { try encoding.writer.integer(value) }
  func encode(_ value: UInt64) throws { try encoding.writer.integer(value) }
  func encode<Value: Encodable>(_ value: Value) throws { try encoding.write(value) }
}
