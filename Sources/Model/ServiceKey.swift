/// Identifies a virtual service: protocol, VIP and port, written `tcp 10.0.0.100:80` or `udp [2001:db8::1]:53`.
package struct ServiceKey: Hashable, Sendable {
  package var `protocol`: TransportProtocol
  package var address: IPAddress
  /// 0 means any port.
  package var port: UInt16

  package init(_ protocol: TransportProtocol, _ address: IPAddress, port: UInt16) {
    self.protocol = `protocol`
    self.address = address
    self.port = port
  }

  package static let form = "a service such as 'tcp 10.0.0.100:80' or 'udp [2001:db8::1]:53' (port 0: any port)"

  /// Strict text: one space, always a port, brackets around IPv6 addresses only.
  package init?(_ text: some StringProtocol) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2, let `protocol` = TransportProtocol(name: words[0]), let endpoint = Endpoint(words[1]) else {
      return nil
    }
    self.init(`protocol`, endpoint.address, port: endpoint.port)
  }
}

/// An address and a port, written `10.0.0.100:80` or `[2001:db8::1]:53`.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  package var address: IPAddress
  package var port: UInt16

  package init(address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  package init?(_ text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    // Digits only: UInt16("+80") is 80.
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else { return nil }
    var host = text[..<colon]
    let bracketed = host.first == "[" && host.last == "]" && host.count > 2
    if bracketed { host = host.dropFirst().dropLast() }
    guard let address = IPAddress(host), address.isIPv4 != bracketed else { return nil }
    self.init(address: address, port: port)
  }

  package var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}

extension Endpoint: TextCodable {
  package static let form = "an address and port such as 192.0.2.1:40000 or [2001:db8::1]:40000"

  package init?(text: String) { self.init(text) }
}

extension ServiceKey: CustomStringConvertible {
  package var endpoint: Endpoint { Endpoint(address: address, port: port) }

  package var description: String { "\(self.protocol.name) \(endpoint)" }
}

extension ServiceKey: Comparable {
  package static func < (left: ServiceKey, right: ServiceKey) -> Bool {
    (left.address, left.port, left.protocol) < (right.address, right.port, right.protocol)
  }
}

extension ServiceKey: TextCodable {
  package init?(text: String) { self.init(text) }
}
