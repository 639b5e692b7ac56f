import Foundation

/// Finds duplicate keys in an object, of which a decoder would silently take one or the other.
///
/// Walks over the bytes before they are decoded, with bounded depth and memory. It only knows strings, brackets and commas: invalid JSON is
/// left to the decoder to refuse.
struct JSONKeyCheck {
  /// Maximum nesting of objects and lists. A table has 6 levels.
  static let deepest = 64
  /// Maximum number of keys in one object; no object of the API has more than 12 fields. Keeps comparing them cheap.
  static let mostKeys = 256

  /// Why the body is refused, in one line; nil when it can be decoded.
  static func fault(in body: Data) -> String? {
    body.withUnsafeBytes { bytes in
      var check = JSONKeyCheck(bytes: bytes.bindMemory(to: UInt8.self))
      return check.run()
    }
  }

  private struct Level {
    var isObject: Bool
    /// Whether the next string is a key.
    var isKeyDue: Bool
    /// Its keys are the elements of `keys` from here on.
    var firstKey: Int
  }

  private struct Key {
    var text: Range<Int>
    var hash: UInt64
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var levels: [Level] = []
  /// The keys of all open objects.
  private var keys: [Key] = []
  /// Their text, with escapes resolved.
  private var text: [UInt8] = []

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private mutating func run() -> String? {
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        // A string without an end is not JSON.
        guard let end = endOfString(from: position) else { return nil }
        if let fault = string(position + 1..<end) { return fault }
        position = end
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard levels.count < Self.deepest else { return "it nests deeper than \(Self.deepest) levels at \(place(of: position))" }
        let isObject = byte == UInt8(ascii: "{")
        levels.append(Level(isObject: isObject, isKeyDue: isObject, firstKey: keys.count))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard let level = levels.popLast() else { return nil }
        if level.firstKey < keys.count {
          text.removeSubrange(keys[level.firstKey].text.lowerBound...)
          keys.removeSubrange(level.firstKey...)
        }
      case UInt8(ascii: ","):
        if let last = levels.indices.last { levels[last].isKeyDue = levels[last].isObject }
      case 0:
        // The decoder would guess UTF-16 or UTF-32, in which this check finds no keys.
        return "it is not UTF-8 at \(place(of: position))"
      default: break
      }
      position += 1
    }
    return nil
  }

  /// Position of the closing quote.
  private func endOfString(from start: Int) -> Int? {
    var position = start + 1
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "\"") { return position }
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  private mutating func string(_ range: Range<Int>) -> String? {
    guard let last = levels.indices.last, levels[last].isKeyDue else { return nil }
    levels[last].isKeyDue = false
    let former = keys[levels[last].firstKey...]
    let place = range.lowerBound - 1
    guard former.count < Self.mostKeys else {
      return "an object has more than \(Self.mostKeys) keys at \(self.place(of: place))"
    }
    let key = read(range)
    if former.contains(where: { $0.hash == key.hash && text[$0.text].elementsEqual(text[key.text]) }) {
      return
        "the key '\(String(decoding: text[key.text].prefix(64), as: UTF8.self))' stands twice in an object, the second time at "
        + "\(self.place(of: place)): keep one"
    }
    keys.append(key)
    return nil
  }

  /// Appends a key's text. Only escapes for ASCII are resolved, which all keys of the API consist of: a key with other escapes is unknown
  /// anyway.
  private mutating func read(_ range: Range<Int>) -> Key {
    let start = text.count
    var position = range.lowerBound
    while position < range.upperBound {
      let (byte, length) = character(at: position, before: range.upperBound)
      text.append(byte)
      position += length
    }
    // FNV-1a: good enough for 256 keys, since keys with equal hashes are compared.
    let hash = text[start...].reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return Key(text: start..<text.count, hash: hash)
  }

  private func character(at position: Int, before end: Int) -> (byte: UInt8, length: Int) {
    let byte = bytes[position]
    guard byte == UInt8(ascii: "\\"), position + 1 < end else { return (byte, 1) }
    switch bytes[position + 1] {
    case UInt8(ascii: "b"): return (0x08, 2)
    case UInt8(ascii: "f"): return (0x0c, 2)
    case UInt8(ascii: "n"): return (0x0a, 2)
    case UInt8(ascii: "r"): return (0x0d, 2)
    case UInt8(ascii: "t"): return (0x09, 2)
    case UInt8(ascii: "u"):
      guard position + 6 <= end else { return (byte, 1) }
      let digits = String(decoding: bytes[position + 2..<position + 6], as: UTF8.self)
      guard let value = UInt16(digits, radix: 16), value < 0x80 else { return (byte, 1) }
      return (UInt8(value), 6)
    case let other: return (other, 2)
    }
  }

  private func place(of offset: Int) -> String { JSONFault.place(of: offset, in: bytes) }
}
