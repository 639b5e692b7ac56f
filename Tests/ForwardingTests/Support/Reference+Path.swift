@testable import Forwarding

/// Errors about the director's own outer packets, from RFC 1191, RFC 8201 and Docs/packets.md.
extension Reference {
  /// The tunnelled real servers of `TestTables.topology`: one each for IPIP, GRE and GUE.
  private static let tunnelled: [[UInt8]] = [[10, 0, 1, 20], [0xfd, 0, 0, 1] + [UInt8](repeating: 0, count: 11) + [20]]

  /// How many bytes of the quote are needed; nil if the message is no such error.
  static func pathError(_ message: [UInt8], to address: [UInt8]) -> Int? {
    let quote = Array(message.dropFirst(8))
    return address.count == 4 ? pathError4(message, quote, to: address) : pathError6(message, quote, to: address)
  }

  private static func pathError4(_ message: [UInt8], _ quote: [UInt8], to address: [UInt8]) -> Int? {
    guard message[0] == 3, message[1] == 4, quote.count >= 28, quote[0] == 0x45, word(quote, 6) % 0x2000 == 0 else { return nil }
    guard Array(quote[12..<16]) == address, isTunnel(Array(quote[16..<20]), quote[9], Array(quote[20...])) else { return nil }
    return 28
  }

  private static func pathError6(_ message: [UInt8], _ quote: [UInt8], to address: [UInt8]) -> Int? {
    guard message[0] == 2, quote.count >= 48, quote[0] >> 4 == 6, Array(quote[8..<24]) == address else { return nil }
    let destination = Array(quote[24..<40])
    if quote[6] != 44 { return isTunnel(destination, quote[6], Array(quote[40...])) ? 48 : nil }
    guard quote.count >= 56, word(quote, 42) < 8, isTunnel(destination, quote[40], Array(quote[48...])) else { return nil }
    return 56
  }

  private static func isTunnel(_ address: [UInt8], _ number: UInt8, _ payload: [UInt8]) -> Bool {
    guard tunnelled.contains(address) else { return false }
    return number == 17 ? word(payload, 2) == 6080 : [4, 41, 47].contains(number)
  }
}
