import CNetlink
import Glibc
import Model

extension sluice_nl_ip {
  init(_ address: IPAddress) {
    self.init()
    family = UInt8(address.isIPv4 ? AF_INET : AF_INET6)
    withUnsafeMutableBytes(of: &bytes) { $0.copyBytes(from: address.isIPv4 ? address.bytes.suffix(4) : address.bytes[...]) }
  }
}

extension IPAddress {
  /// Nil when the kernel said no address.
  init?(_ raw: sluice_nl_ip) {
    let bytes = withUnsafeBytes(of: raw.bytes) { Array($0) }
    switch Int32(raw.family) {
    case AF_INET: self.init(bytes[0], bytes[1], bytes[2], bytes[3])
    case AF_INET6: self.init(bytes: bytes)
    default: return nil
    }
  }
}

extension MACAddress {
  /// Nil when the kernel said none, or one of another length than Ethernet's.
  init?(_ raw: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8), length: UInt8) {
    guard length == 6 else { return nil }
    self.init(bytes: [raw.0, raw.1, raw.2, raw.3, raw.4, raw.5])
  }
}

/// The text of a C array that ends at its first zero.
func text(ofCArray array: some Any) -> String {
  withUnsafeBytes(of: array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
