import ABI

/// The 256-bit key of the flow hash. Directors with the same key and the same tables choose the same server for a flow without talking.
package struct HashKey: Hashable, Sendable {
  package let words: (UInt64, UInt64, UInt64, UInt64)

  /// The text that stands for the key when the configuration gives none. It is public: a client that knows it can work out which server
  /// it will get and fill one bucket of the flow table, so a director that faces the Internet should have a text of its own.
  package static let defaultText = "sluice"

  /// The key that every director derives alike from the same text. The text should be as long and as random as a password: this is a
  /// spreading of its bits, no defence against guessing.
  package init(_ text: String) {
    var lanes: [UInt64] = (0..<4).map { sluice_mix64($0) }
    for byte in text.utf8 {
      for lane in lanes.indices { lanes[lane] = sluice_mix64(lanes[lane] ^ UInt64(byte)) }
    }
    words = (lanes[0], lanes[1], lanes[2], lanes[3])
  }

  package static func == (left: HashKey, right: HashKey) -> Bool { left.words == right.words }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
  }
}
