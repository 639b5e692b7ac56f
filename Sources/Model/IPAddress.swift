import ABI
import Glibc

/// An IPv4 or IPv6 address: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2), the same as in
/// `Sources/ABI/tables.h`.
// Two words instead of an array: no allocation, and numeric order equals byte order.
package struct IPAddress: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64

  private static let mappedPrefix: UInt64 = 0x0000_ffff_0000_0000

  /// Hashes both words as one: a large table has its addresses in half a dozen dictionaries. Addresses come from the operator and the kernel,
  /// so deliberate collisions are no threat.
  package func hash(into hasher: inout Hasher) { hasher.combine(low ^ high &* 0x9e37_79b9_7f4a_7c15) }

  /// Nil unless there are exactly 16 bytes.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The first eight and the last eight bytes as numbers.
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Sixteen bytes in network order, as the shared tables store them.
  package init(words bytes: UnsafeRawBufferPointer) {
    high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
    low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  /// The four parts of an IPv4 address.
  package init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    high = 0
    low = Self.mappedPrefix | UInt64(a) << 24 | UInt64(b) << 16 | UInt64(c) << 8 | UInt64(d)
  }

  /// An IPv4 address as a number.
  package init(word: UInt32) {
    high = 0
    low = Self.mappedPrefix | UInt64(word)
  }

  /// An IPv4 address as a number; of an IPv6 address the last four bytes.
  package var word: UInt32 { UInt32(truncatingIfNeeded: low) }

  /// Strict text: dotted quads without leading zeros, or RFC 4291 text without zone or prefix length. IPv4-mapped text
  /// (`::ffff:10.0.0.1`) is refused, because it would be printed differently from how it was written.
  package init?(_ text: some StringProtocol) {
    let text = String(text)
    guard !text.utf8.contains(0) else { return nil }
    var v4 = in_addr()
    if inet_pton(AF_INET, text, &v4) == 1 {
      let bytes = withUnsafeBytes(of: &v4) { Array($0) }
      self.init(bytes[0], bytes[1], bytes[2], bytes[3])
      return
    }
    var v6 = in6_addr()
    guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
    let bytes = withUnsafeBytes(of: &v6) { Array($0) }
    self.init(bytes: bytes)
    if isIPv4 { return nil }
  }

  /// In network order.
  package var bytes: [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> (56 - UInt64($0 & 7) * 8)) }
  }

  /// The first eight and the last eight bytes as numbers.
  package var words: (high: UInt64, low: UInt64) { (high, low) }

  /// As IPVS's hashes see it: IPv4 as a number, IPv6 as the XOR of its four words.
  package var folded: UInt32 {
    if isIPv4 { return word }
    let both = high ^ low
    return UInt32(truncatingIfNeeded: both ^ both >> 32)
  }

  /// Identifies a server in Maglev: the same on every director, different for any two addresses. The function must never change,
  /// or directors of different versions would choose different servers for every flow.
  package var identity: UInt64 { sluice_mix64(sluice_mix64(high) ^ low) }

  package var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

  package var isUnspecified: Bool { isIPv4 ? UInt32(truncatingIfNeeded: low) == 0 : high == 0 && low == 0 }

  package var isLoopback: Bool { isIPv4 ? low >> 24 & 0xff == 127 : high == 0 && low == 1 }

  package var isMulticast: Bool { isIPv4 ? low >> 28 & 0xf == 0xe : high >> 56 == 0xff }

  /// The limited broadcast address. A subnet's broadcast address can't be recognized without the subnet.
  package var isBroadcast: Bool { isIPv4 && UInt32(truncatingIfNeeded: low) == .max }

  /// fe80::/10 only (RFC 4291 2.5.6): such an address needs an interface. 169.254/16 is allowed.
  package var isLinkLocalIPv6: Bool { !isIPv4 && high >> 54 == 0xfe80 >> 6 }

  /// Why a host can't have this address, as a noun phrase; nil when it can.
  package var reasonNotUnicast: String? {
    if isUnspecified { return "the unspecified address" }
    if isIPv4 && low >> 24 & 0xff == 0 { return "an address of 0.0.0.0/8, which no host can have" }
    if isLoopback { return "a loopback address" }
    if isMulticast { return "a multicast address" }
    if isBroadcast { return "the broadcast address" }
    if isLinkLocalIPv6 { return "a link-local address, which is ambiguous without an interface" }
    return nil
  }
}

extension IPAddress: Comparable {
  package static func < (left: IPAddress, right: IPAddress) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension IPAddress: CustomStringConvertible {
  /// RFC 5952 text by `inet_ntop` of glibc.
  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let address = isIPv4 ? Array(bytes.suffix(4)) : bytes
    guard inet_ntop(isIPv4 ? AF_INET : AF_INET6, address, &text, socklen_t(text.count)) != nil else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension IPAddress: TextCodable {
  package static let form = "an IPv4 or IPv6 address"

  package init?(text: String) { self.init(text) }
}
