/// An Ethernet address.
// One word instead of an array: a table of 100,000 next hops holds two for each and allocates nothing.
package struct MACAddress: Hashable, Sendable {
  package typealias Bytes = (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8)

  /// The first byte on the wire in bits 40 to 47, the last in bits 0 to 7; the rest is 0.
  private let number: UInt64

  /// Nil unless there are exactly six bytes, in wire order.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 6 else { return nil }
    number = bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  package init(_ tuple: Bytes) {
    let high = UInt64(tuple.0) << 40 | UInt64(tuple.1) << 32 | UInt64(tuple.2) << 24
    number = high | UInt64(tuple.3) << 16 | UInt64(tuple.4) << 8 | UInt64(tuple.5)
  }

  /// Six pairs of hexadecimal digits separated by colons, as `ip link` prints them.
  package init?(_ text: some StringProtocol) {
    let pairs = text.split(separator: ":", omittingEmptySubsequences: false)
    let bytes = pairs.compactMap { $0.utf8.count == 2 && $0.first?.isHexDigit == true ? UInt8($0, radix: 16) : nil }
    guard bytes.count == pairs.count else { return nil }
    self.init(bytes: bytes)
  }

  /// Six bytes in wire order.
  package var bytes: [UInt8] { (0..<6).map { byte($0) } }

  /// As the shared tables store it.
  package var tuple: Bytes { (byte(0), byte(1), byte(2), byte(3), byte(4), byte(5)) }

  /// The six bytes on the wire read as a little-endian word: the format of `sluice_interface`, which steering compares with.
  package var word: UInt64 { number.byteSwapped >> 16 }

  private func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: number >> (40 - UInt64(index) * 8)) }
}

extension MACAddress: CustomStringConvertible {
  package var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}

extension MACAddress: TextCodable {
  package static let form = "a MAC address such as 02:00:00:00:00:01"

  package init?(text: String) { self.init(text) }
}
