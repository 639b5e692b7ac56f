/// Identifies a virtual service: protocol, VIP and port, written `tcp 10.0.0.100:80` or `udp [2001:db8::1]:53`. The services that are kept
/// for ipvsadm and not forwarded are `sctp 10.0.0.100:80`, `fwmark 7`, and `fwmark6 7` for IPv6.
package struct ServiceKey: Hashable, Sendable {
  package let `protocol`: ServiceProtocol
  /// Of a firewall mark the unspecified address, which tells its IP version.
  package let address: IPAddress
  /// 0 means any port.
  package let port: UInt16
  /// A firewall mark from 1; of all other services 0.
  package let mark: UInt32

  package init(_ protocol: ServiceProtocol, _ address: IPAddress, port: UInt16) {
    self.protocol = `protocol`
    self.address = address
    self.port = port
    mark = 0
  }

  package init(mark: UInt32, isIPv4: Bool) {
    self.protocol = .fwmark
    address = isIPv4 ? IPAddress(0, 0, 0, 0) : IPAddress(high: 0, low: 0)
    port = 0
    self.mark = mark
  }

  /// Whether Sluice forwards packets of such services.
  package var isForwarded: Bool { self.protocol.transport != nil }

  package static let form = "a service such as 'tcp 10.0.0.100:80' or 'udp [2001:db8::1]:53' (port 0: any port)"

  /// Strict text: one space, always a port, brackets around IPv6 addresses only.
  package init?(_ text: some StringProtocol) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2 else { return nil }
    self.init(kind: words[0], name: words[1])
  }

  /// The two words of the text.
  package init?(kind: some StringProtocol, name: some StringProtocol) {
    if kind == "fwmark" || kind == "fwmark6" {
      guard let mark = UInt32(name), mark > 0, name == "\(mark)" else { return nil }
      self.init(mark: mark, isIPv4: kind == "fwmark")
    } else {
      guard let found = ServiceProtocol.allCases.first(where: { $0.name == kind }), let endpoint = Endpoint(name) else {
        return nil
      }
      self.init(found, endpoint.address, port: endpoint.port)
    }
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

  /// The first word of its text.
  package var kind: String { mark > 0 && !address.isIPv4 ? "fwmark6" : self.protocol.name }
  /// The second word.
  package var name: String { mark > 0 ? "\(mark)" : "\(endpoint)" }

  package var description: String { "\(kind) \(name)" }
}

extension ServiceKey: Comparable {
  package static func < (left: ServiceKey, right: ServiceKey) -> Bool {
    (left.address, left.port, left.protocol, left.mark) < (right.address, right.port, right.protocol, right.mark)
  }
}

extension ServiceKey: TextCodable {
  package init?(text: String) { self.init(text) }
}
