/// A client's connections all go to one server, until it has had none for `timeout` (ipvsadm(8), `--persistent`).
package struct Persistence: Equatable, Hashable, Sendable {
  /// Seconds.
  package var timeout: Int
  /// Which clients count as one. IPv4: the mask as a number in host order; IPv6: the length of the prefix. As in the kernel
  /// (`struct ip_vs_service_user`).
  package var netmask: UInt32

  package static let timeouts = 1...2_678_400
  package static let usualTimeout = 360

  package init(timeout: Int = usualTimeout, netmask: UInt32) {
    self.timeout = timeout
    self.netmask = netmask
  }

  /// Each client by itself.
  package static func single(isIPv4: Bool) -> UInt32 { isIPv4 ? .max : 128 }

  package static let maskForm = "an IPv4 mask such as 255.255.255.0, or a prefix length of IPv6 from 1 to 128"

  package static func mask(_ text: some StringProtocol) -> UInt32? {
    if let address = IPAddress(text), address.isIPv4 { return address.word }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = UInt32(text), 1...128 ~= length else { return nil }
    return length
  }

  /// For services of either IP version: a prefix length is below any sensible mask, and never 0.
  package var maskText: String { maskText(isIPv4: netmask > 128 || netmask == 0) }

  package func maskText(isIPv4: Bool) -> String { isIPv4 ? "\(IPAddress(word: netmask))" : "\(netmask)" }
}

extension Persistence: CustomStringConvertible {
  package var description: String { "\(timeout) s, netmask \(maskText)" }
}

extension Persistence: Codable {
  package enum CodingKeys: String, CodingKey, CaseIterable { case timeout, netmask }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictFields(CodingKeys.self)
    let text = try fields.decode(String.self, forKey: .netmask)
    guard let mask = Self.mask(text) else { throw fields.refusal(of: .netmask, "'\(text)' is not \(Self.maskForm)") }
    self.init(timeout: try fields.decodeIfPresent(Int.self, forKey: .timeout) ?? Self.usualTimeout, netmask: mask)
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(timeout, forKey: .timeout)
    try fields.encode(maskText, forKey: .netmask)
  }
}
