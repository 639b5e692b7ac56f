import Configuration
import Model
import Reconciler

/// Text for the headers in front of a forwarded packet, parsed from the bytes that would be sent.
struct HeaderLayers {
  private(set) var lines: [String] = []
  private var rest: ArraySlice<UInt8>
  private let entropy: AddressPrefix?

  /// - Parameters:
  ///   - bytes: the frame from the Ethernet header up to the client's IP packet.
  ///   - entropy: the prefix of the outer source addresses, if there is one.
  init(_ bytes: [UInt8], entropy: AddressPrefix?) {
    rest = bytes[...]
    self.entropy = entropy
    readEthernet()
  }

  /// The next bytes; nil if there are fewer.
  private mutating func take(_ count: Int) -> [UInt8]? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  private mutating func readEthernet() {
    guard let addresses = take(12), let to = MACAddress(bytes: addresses[..<6]), let from = MACAddress(bytes: addresses[6...])
    else { return }
    lines.append("Ethernet \(from) > \(to)")
    while let type = take(2) {
      switch number(type[...]) {
      case 0x8100, 0x88a8:
        guard let tag = take(2) else { return }
        let name = number(type[...]) == 0x8100 ? "802.1Q" : "802.1ad"
        lines.append("\(name) VLAN \(number(tag[...]) & 0xfff), priority \(tag[0] >> 5)")
      case 0x0800: return readIPv4()
      case 0x86dd: return readIPv6()
      default: return readRest("EtherType 0x" + String(number(type[...]), radix: 16))
      }
    }
  }

  private mutating func readIPv4() {
    guard let header = take(20) else { return readRest("IPv4") }
    let (from, to) = (
      IPAddress(header[12], header[13], header[14], header[15]), IPAddress(header[16], header[17], header[18], header[19])
    )
    let identification = number(header[4..<6])
    let fragment = header[6] & 0x40 != 0 ? "DF" : "identification \(identification)"
    lines.append("IPv4 \(from) > \(to), \(Self.name(header[9])), TTL \(header[8]), \(fragment)" + spread(from))
    readTunnel(header[9])
  }

  private mutating func readIPv6() {
    guard let header = take(40), let from = IPAddress(bytes: header[8..<24]), let to = IPAddress(bytes: header[24...]) else {
      return readRest("IPv6")
    }
    let label = number(header[1..<4]) & 0xfffff
    lines.append(
      "IPv6 \(from) > \(to), \(Self.name(header[6])), hop limit \(header[7]), flow label 0x\(String(label, radix: 16))"
        + spread(from)
    )
    readTunnel(header[6])
  }

  private mutating func readTunnel(_ inside: UInt8) {
    switch inside {
    case 17: readGUE()
    case 47: readGRE()
    default: readRest("protocol \(inside)")
    }
  }

  private mutating func readGUE() {
    guard let header = take(8) else { return readRest("UDP") }
    let ports = (number(header[..<2]), number(header[2..<4]))
    lines.append("UDP \(ports.0) > \(ports.1), source port from the flow hash, \(Self.checksum(number(header[6..<8])))")
    guard let encapsulation = take(4) else { return readRest("GUE") }
    lines.append("GUE variant \(encapsulation[0] >> 6), \(Self.name(encapsulation[1]))")
    readRest("GUE")
  }

  private mutating func readGRE() {
    guard let header = take(4) else { return readRest("GRE") }
    let inside =
      switch number(header[2...]) {
      case 0x0800: "IPv4 inside"
      case 0x86dd: "IPv6 inside"
      case let type: "EtherType 0x" + String(type, radix: 16)
      }
    // The C bit; the field and two reserved bytes follow (RFC 2784 2).
    guard header[0] & 0x80 != 0, let field = take(4) else {
      lines.append("GRE, no checksum, \(inside)")
      return readRest("GRE")
    }
    lines.append("GRE, \(Self.checksum(number(field[..<2]))), \(inside)")
    readRest("GRE")
  }

  /// Marks an outer source address that differs by flow.
  private func spread(_ source: IPAddress) -> String {
    entropy.map { $0.contains(source) ? ", source from entropy \($0)" : "" } ?? ""
  }

  /// The remaining bytes in hexadecimal.
  private mutating func readRest(_ name: String) {
    guard !rest.isEmpty else { return }
    lines.append("\(name) \(rest.hexadecimal)")
    rest = []
  }

  private func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

  private static func checksum(_ field: UInt32) -> String {
    field == 0 ? "no checksum" : "checksum 0x" + String(field, radix: 16)
  }

  private static func name(_ protocolNumber: UInt8) -> String {
    switch protocolNumber {
    case 4: "IPv4 inside"
    case 41: "IPv6 inside"
    case 17: "UDP inside"
    case 47: "GRE inside"
    default: "protocol \(protocolNumber)"
    }
  }
}

extension Collection<UInt8> {
  var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
