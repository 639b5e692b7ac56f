import ABI

/// The 256-bit key of the flow hash. Directors with the same key and the same tables choose the same server for a flow without
/// exchanging state.
package struct HashKey: Hashable, Sendable {
  package let words: (UInt64, UInt64, UInt64, UInt64)

  /// The default of `hash-key`. It is public, and a client that knows the key can compute its server and fill one bucket of the
  /// flow table. So a director that faces the Internet should have a secret text.
  package static let defaultText = "sluice"

  /// Derives the key from a text, the same on every director. The text should be as long and random as a password: this function
  /// spreads its bits, it doesn't slow down guessing.
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
