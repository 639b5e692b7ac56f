import Foundation

/// A case of the fixture table (Docs/fixtures.md): packets in order, and the expected result of each, built by scapy.
package struct FixtureCase: Codable, Sendable, CustomStringConvertible {
  /// Its row of Docs/packets.md, by the name in `FixtureTable.rows`.
  package var row: String
  /// The client's IP version: 4 or 6.
  package var family: Int
  /// A sentence that says what is expected.
  package var name: String
  /// The configuration file's name in the table's folder, without `.yaml`.
  package var configuration: String
  /// Configuration switches, each before a packet (from 1).
  package var at: [Switch]?
  package var packets: [Packet]

  package var description: String { "\(row), IPv\(family): \(name)" }

  package struct Switch: Codable, Sendable {
    package var packet: Int
    package var configuration: String

    package init(from decoder: any Decoder) throws {
      var pair = try decoder.unkeyedContainer()
      packet = try pair.decode(Int.self)
      configuration = try pair.decode(String.self)
    }
  }

  package struct Packet: Codable, Sendable {
    package var frame: HexBytes
    /// Seconds after the case's first packet.
    package var time: Int?
    /// How often the packet is sent; the result is the same each time.
    package var count: Int?
    /// Offset of two bytes, such as a port, that are incremented every second time, so that each value gives a packet that starts
    /// a flow and one that continues it.
    package var sweep: Int?
    package var verdict: String
    package var reason: String
    /// Nil: not checked.
    package var interface: String?
    /// Nil: not checked.
    package var server: String?
    /// The server must be one of these.
    package var servers: [String]?
    /// The server must be that of this packet (from 1).
    package var sameServerAs: Int?
    /// The output must follow the output of this packet (from 1).
    package var after: Int?
    package var output: [Output]?
  }

  package struct Output: Codable, Sendable {
    package var frame: HexBytes
    package var free: [FreeField]?
  }

  /// Every packet, as often as it is sent.
  package var allPackets: [Packet] { packets.flatMap { packet in (0..<(packet.count ?? 1)).map { packet.coming($0) } } }
}

extension FixtureCase.Packet {
  /// The packet as sent for the `number`th time, from 0.
  fileprivate func coming(_ number: Int) -> Self {
    guard let sweep, sweep + 1 < frame.bytes.count else { return self }
    var packet = self
    let value = (Int(frame.bytes[sweep]) << 8 | Int(frame.bytes[sweep + 1])) + number / 2
    packet.frame.bytes[sweep] = UInt8(truncatingIfNeeded: value >> 8)
    packet.frame.bytes[sweep + 1] = UInt8(truncatingIfNeeded: value)
    return packet
  }
}

/// Bytes written as hexadecimal digits.
package struct HexBytes: Codable, Sendable {
  package var bytes: [UInt8]

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let digits = Array(try container.decode(String.self).utf8)
    bytes = []
    bytes.reserveCapacity(digits.count / 2)
    for at in stride(from: 0, to: digits.count - 1, by: 2) {
      guard let high = Self.value(digits[at]), let low = Self.value(digits[at + 1]) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal digits")
      }
      bytes.append(high << 4 | low)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(digits)
  }

  package var digits: String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }
}
