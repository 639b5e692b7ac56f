/// JSON as bytes, appended token by token: what the encoder's containers write into.
///
/// Model: `Codable` never reports that a container is finished, so the writer tracks the objects and lists that are open. A token that
/// belongs to an outer one closes the inner ones first. Written bytes are never read again: no tree, no dictionaries. The order is that of
/// the calls, so the same value always gives the same bytes.
///
/// Caveat: a container cannot be written to after an outer one has been, because its closing bracket is already written. No type here does
/// that; it would get an error, not wrong JSON.
struct JSONWriter {
  /// An open object or list.
  private struct Level {
    var isObject: Bool
    var isEmpty = true
    /// Distinguishes it from earlier ones at the same depth.
    var serial: Int
  }

  /// Identifies a container: how many levels are open while it is the innermost one, and its serial number.
  struct Place {
    var depth: Int
    var serial: Int
  }

  private(set) var output: ChunkedBytes
  private var levels: [Level] = []
  private var serial = 0
  /// Whether a value is expected next: at the beginning and after a key.
  private(set) var isValueDue = true
  /// The first error of a call that cannot throw.
  private var failure: EncodingError?

  var depth: Int { levels.count }

  init(chunk: Int) { output = ChunkedBytes(chunk: chunk) }

  /// Completes the JSON text.
  mutating func finish() throws -> ChunkedBytes {
    close(to: 0)
    if let failure { throw failure }
    if isValueDue { throw Self.misuse("nothing was written") }
    return output
  }

  /// Opens an object or a list as the next value. If the value at this depth is already open, it is continued: a type may write its fields in
  /// several parts.
  mutating func open(object: Bool, at depth: Int) -> Place {
    if isValueDue {
      isValueDue = false
      serial += 1
      levels.append(Level(isObject: object, serial: serial))
      output.append(object ? UInt8(ascii: "{") : UInt8(ascii: "["))
      return Place(depth: levels.count, serial: serial)
    }
    guard levels.count > depth, levels[depth].isObject == object else {
      fail(Self.misuse("two values where one belongs"))
      return Place(depth: 0, serial: 0)
    }
    close(to: depth + 1)
    return Place(depth: depth + 1, serial: levels[depth].serial)
  }

  /// Makes a container the innermost one and begins its next element.
  mutating func begin(_ place: Place) throws {
    guard place.depth > 0, levels.count >= place.depth, levels[place.depth - 1].serial == place.serial else {
      throw Self.misuse("a container was written to after the one around it")
    }
    if levels.count > place.depth { close(to: place.depth) }
    if levels[place.depth - 1].isEmpty {
      levels[place.depth - 1].isEmpty = false
    } else {
      output.append(UInt8(ascii: ","))
    }
    isValueDue = true
  }

  /// The same for an object, with the element's key.
  mutating func begin(_ place: Place, key: String) throws {
    try begin(place)
    output.append(quoted: key)
    output.append(UInt8(ascii: ":"))
  }

  /// A whole field: a key and a value that is neither object nor list.
  mutating func field(_ place: Place, _ key: String, _ write: (inout Self) throws -> Void) throws {
    try begin(place, key: key)
    try write(&self)
  }

  private mutating func close(to depth: Int) {
    while levels.count > depth {
      output.append(levels.removeLast().isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }
    output.cut()
  }

  /// Ends a value written by its own code. A value that wrote nothing becomes an empty object.
  mutating func end(at depth: Int) {
    close(to: depth)
    guard isValueDue else { return }
    isValueDue = false
    output.append("{}")
  }

  /// Marks the expected value as written.
  mutating func take() throws {
    guard isValueDue else { throw Self.misuse("two values where one belongs") }
    isValueDue = false
  }

  mutating func fail(_ error: EncodingError) { failure = failure ?? error }

  static func misuse(_ what: String) -> EncodingError {
    .invalidValue("JSON", EncodingError.Context(codingPath: [], debugDescription: what))
  }
}

// Values that are neither object nor list.
extension JSONWriter {
  mutating func null() throws {
    try take()
    output.append("null")
  }

  mutating func bool(_ value: Bool) throws {
    try take()
    output.append(value ? "true" : "false")
  }

  mutating func string(_ value: String) throws {
    try take()
    output.append(quoted: value)
  }

  mutating func integer(_ value: some FixedWidthInteger) throws {
    try take()
    output.append(decimal: value)
  }

  /// The shortest digits that read back as the same number; whole numbers without a fraction.
  mutating func number(_ value: Double) throws {
    try take()
    guard value.isFinite else {
      throw EncodingError.invalidValue(
        value,
        EncodingError.Context(codingPath: [], debugDescription: "\(value) can't be written as JSON")
      )
    }
    if value.magnitude < 0x1p53, value == value.rounded() {
      output.append(decimal: Int64(value))
    } else {
      output.append(value.description)
    }
  }
}
