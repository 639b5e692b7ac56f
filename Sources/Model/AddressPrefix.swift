/// An address with a prefix length, written `10.0.0.1/24` as `ip address` shows it. Without a length it is the address alone.
package struct AddressPrefix: Hashable, Sendable {
  package var address: IPAddress
  /// In bits: up to 32 for IPv4, up to 128 for IPv6.
  package var length: Int

  package init(_ address: IPAddress, length: Int? = nil) {
    self.address = address
    self.length = length ?? (address.isIPv4 ? 32 : 128)
  }

  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(parts[0]) else { return nil }
    self.init(address)
    guard parts.count == 2 else { return }
    guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]), 0...self.length ~= length else {
      return nil
    }
    self.length = length
  }

  /// Whether the address is inside this prefix.
  package func contains(_ other: IPAddress) -> Bool {
    guard other.isIPv4 == address.isIPv4 else { return false }
    let bits = length + (address.isIPv4 ? 96 : 0)
    let (own, others) = (address.bytes, other.bytes)
    let whole = bits / 8
    guard own[..<whole] == others[..<whole] else { return false }
    return bits % 8 == 0 || (own[whole] ^ others[whole]) >> (8 - bits % 8) == 0
  }
}

extension AddressPrefix {
  /// Its lowest and highest address: all bits beyond the prefix 0 or 1.
  package var first: IPAddress {
    let (own, host) = (address.words, hostBits)
    return IPAddress(high: own.high & ~host.high, low: own.low & ~host.low)
  }

  package var last: IPAddress {
    let (own, host) = (address.words, hostBits)
    return IPAddress(high: own.high | host.high, low: own.low | host.low)
  }

  /// The bits beyond the prefix, all set. Smart shifts: one by 64 or more gives 0.
  private var hostBits: (high: UInt64, low: UInt64) {
    let bits = UInt64(length + (address.isIPv4 ? 96 : 0))
    return (UInt64.max >> bits, bits <= 64 ? .max : UInt64.max >> (bits - 64))
  }
}

extension AddressPrefix: CustomStringConvertible {
  package var description: String { "\(address)/\(length)" }
}

extension AddressPrefix: TextCodable {
  package static let form = "a prefix such as 10.200.0.0/16 or 2001:db8:1::/64"

  package init?(text: String) { self.init(text) }
}
