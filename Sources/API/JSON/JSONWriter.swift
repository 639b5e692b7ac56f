/// JSON as bytes, appended token by token: what the encoder's containers write into.
///
/// Model. `Codable` never says that a container is finished, so the writer keeps the objects and lists that are open. A token that belongs to
/// an outer one closes the inner ones first. What has been written is never looked at again: no tree, no dictionaries, and the order
/// is the order of the calls, so that the same value always gives the same bytes.
///
/// Caveat. A container can't be written to once an outer one has been: its closing bracket is already out. No type here does so; one that did
/// would get an error, not wrong JSON.
struct JSONWriter {
  /// An object or list that is open.
  private struct Level {
    var isObject: Bool
    var isEmpty = true
    /// Tells it from others that were open at the same depth before.
    var serial: Int
  }

  /// A container's place: how many levels are open while it is the innermost one, and which it is.
  struct Place {
    var depth: Int
    var serial: Int
  }

  private(set) var output: ChunkedBytes
  private var levels: [Level] = []
  private var serial = 0
  /// Whether a value is due: at the beginning and after a key.
  private(set) var isValueDue = true
  /// The first error of a call that can't throw.
  private var failure: EncodingError?

  var depth: Int { levels.count }

  init(chunk: Int) { output = ChunkedBytes(chunk: chunk) }

  /// Ends the JSON text.
  mutating func finish() throws -> ChunkedBytes {
    close(to: 0)
    if let failure { throw failure }
    if isValueDue { throw Self.misuse("nothing was written") }
    return output
  }

  /// Opens an object or a list as the value that is due. One that is open already as the value at this depth is gone on with: a type may
  /// write its fields in parts.
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

  /// The same of an object, with the element's key.
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

  /// Ends a value that its own code wrote. One that wrote nothing is an empty object.
  mutating func end(at depth: Int) {
    close(to: depth)
    guard isValueDue else { return }
    isValueDue = false
    output.append("{}")
  }

  /// Says that the value that is due comes now.
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

  /// The shortest digits that read back as the same number; a whole one without a fraction.
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
