/// A VLAN tag of an outgoing frame.
package struct VLANTag: Hashable, Sendable {
  package var id: UInt16
  /// 802.1ad (EtherType 0x88a8), the provider's tag around a customer's; otherwise 802.1Q (0x8100).
  package var isProvider: Bool

  /// 0 and 4095 are reserved (IEEE 802.1Q, table 9-2).
  package static let ids = 1...4094
  package static let form =
    "a VLAN id from \(ids.lowerBound) to \(ids.upperBound), such as 100, or q:100 (802.1Q) or ad:100 (802.1ad)"

  package init(_ id: UInt16, isProvider: Bool = false) {
    self.id = id
    self.isProvider = isProvider
  }

  /// `ad:100` or `q:7`.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, ["q", "ad"].contains(parts[0]), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let id = UInt16(parts[1]), Self.ids.contains(Int(id))
    else { return nil }
    self.init(id, isProvider: parts[0] == "ad")
  }
}

extension VLANTag: CustomStringConvertible {
  package var description: String { (isProvider ? "ad:" : "q:") + "\(id)" }
}

extension VLANTag: TextCodable {
  package init?(text: String) { self.init(text) }
}
