import CNetlink
import Glibc
import Model

extension sluice_nl_ip {
  init(_ address: IPAddress) {
    self.init()
    family = UInt8(address.isIPv4 ? AF_INET : AF_INET6)
    let (high, low) = (address.words.high.bigEndian, address.words.low.bigEndian)
    withUnsafeMutableBytes(of: &bytes) { bytes in
      if address.isIPv4 {
        bytes.storeBytes(of: UInt32(truncatingIfNeeded: low >> 32), as: UInt32.self)
      } else {
        bytes.storeBytes(of: high, as: UInt64.self)
        bytes.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
      }
    }
  }
}

extension IPAddress {
  /// Nil when the kernel reported no address.
  init?(_ raw: sluice_nl_ip) {
    switch Int32(raw.family) {
    case AF_INET: self.init(raw.bytes.0, raw.bytes.1, raw.bytes.2, raw.bytes.3)
    case AF_INET6: self.init(raw.bytes)
    default: return nil
    }
  }
}

extension MACAddress {
  /// Nil when the kernel reported none, or one of another length than Ethernet's.
  init?(_ raw: MACAddress.Bytes, length: UInt8) {
    guard length == 6 else { return nil }
    self.init(raw)
  }
}

/// The text of a C array that ends at its first zero.
func text(ofCArray array: some Any) -> String {
  withUnsafeBytes(of: array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
