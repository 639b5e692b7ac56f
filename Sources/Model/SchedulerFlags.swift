/// LVS's flags of a scheduler (IP_VS_SVC_F_SCHED1 to SCHED3 of linux/ip_vs.h). Those that a scheduler doesn't know change nothing.
package struct SchedulerFlags: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `mh` and `sh`: a server that takes no new flows is replaced by another, as the hash says, instead of refusing them.
  package static let fallback = SchedulerFlags(rawValue: 1)
  /// `mh` and `sh`: by the client's address and port, not by its address alone.
  package static let port = SchedulerFlags(rawValue: 2)
  /// No scheduler has it; kept for ipvsadm.
  package static let third = SchedulerFlags(rawValue: 4)

  package static let names: [(flag: SchedulerFlags, name: String)] = [
    (.fallback, "fallback"), (.port, "port"), (.third, "flag-3"),
  ]

  package var list: [String] { Self.names.filter { contains($0.flag) }.map(\.name) }

  package static let form = "a list of fallback, port and flag-3"

  package init?(names: [String]) {
    var flags: SchedulerFlags = []
    for name in names {
      guard let found = Self.names.first(where: { $0.name == name }) else { return nil }
      flags.insert(found.flag)
    }
    self = flags
  }
}

extension SchedulerFlags: CustomStringConvertible {
  package var description: String { isEmpty ? "none" : list.joined(separator: ", ") }
}

extension SchedulerFlags: Codable {
  package init(from decoder: any Decoder) throws {
    guard let flags = Self(names: try [String](from: decoder)) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "expected \(Self.form)"))
    }
    self = flags
  }

  package func encode(to encoder: any Encoder) throws { try list.encode(to: encoder) }
}
