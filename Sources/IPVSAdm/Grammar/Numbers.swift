import Glibc
import Model

/// Numbers and addresses as the C library reads them: ipvsadm takes white space before a number, a sign, `10.9` for 10.0.0.9.
enum Numbers {
  /// strtol(3) in base 10 of the whole text.
  static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
    guard let number = strtolWhole(text), range.contains(number) else { return nil }
    return number
  }

  /// The number that the text begins with, else 0: atoi(3).
  static func leadingNumber(_ text: String) -> Int { Int(truncatingIfNeeded: strtol(text, nil, 10)) }

  private static func strtolWhole(_ text: String) -> Int? {
    text.withCString { start in
      var end: UnsafeMutablePointer<CChar>?
      errno = 0
      let number = strtol(start, &end, 10)
      guard let end, end.pointee == 0, UnsafePointer(end) != start, errno != ERANGE else { return nil }
      return number
    }
  }

  static func isDigitsOnly(_ text: some StringProtocol) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

  /// inet_aton(3).
  static func ipv4(_ text: some StringProtocol) -> IPAddress? {
    var address = in_addr()
    guard inet_aton(String(text), &address) != 0 else { return nil }
    return IPAddress(word: UInt32(bigEndian: address.s_addr))
  }

  /// inet_pton(3). IPv4-mapped addresses are refused: to the model they are IPv4.
  static func ipv6(_ text: some StringProtocol) -> IPAddress? {
    guard let address = IPAddress(text), !address.isIPv4 else { return nil }
    return address
  }
}
