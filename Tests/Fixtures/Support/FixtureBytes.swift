extension FixtureCase.Output {
  /// How a frame differs from the expected one, outside the bytes that the director may choose.
  func faults(_ actual: [UInt8]) -> [String] {
    let fields = free ?? []
    var expected = frame.bytes
    var actual = actual
    if let padding = fields.first(where: { $0.rule == .padding }) {
      expected = Array(expected.prefix(padding.at))
      actual = Array(actual.prefix(max(padding.at, 0)))
    }
    var faults = fields.compactMap { $0.fault(actual) }
    let (wanted, is_) = (expected, actual)
    for field in fields where field.rule != .padding {
      for offset in 0..<field.bytes where field.at + offset < min(expected.count, actual.count) {
        let mask = UInt8(truncatingIfNeeded: field.bytes <= 8 ? field.freeBits >> UInt64(8 * (field.bytes - 1 - offset)) : 0xff)
        expected[field.at + offset] &= ~mask
        actual[field.at + offset] &= ~mask
      }
    }
    if expected != actual { faults.append(Self.difference(wanted: wanted, is: is_, expected, actual)) }
    return faults
  }

  /// Both frames around the first different byte.
  private static func difference(wanted: [UInt8], is frame: [UInt8], _ expected: [UInt8], _ actual: [UInt8]) -> String {
    let first = zip(expected, actual).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let at = first ?? min(expected.count, actual.count)
    let differing = zip(expected, actual).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
    let start = max(0, at / 16 * 16 - 16)
    var lines = ["\(frame.count) bytes instead of \(wanted.count), \(differing) differ, the first at \(at)"]
    lines += ["  expected \(start): \(hex(wanted.dropFirst(start).prefix(64)))"]
    lines += ["  was      \(start): \(hex(frame.dropFirst(start).prefix(64)))"]
    return lines.joined(separator: "\n")
  }

  private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}

/// The director's choices over a whole case, for rules between them.
struct FreeChoices {
  private struct Place: Hashable {
    var at: Int
    var rule: FreeField.Rule
  }

  private var values: [Place: [(packet: Int, value: UInt64)]] = [:]
  private var groups: [Int: [String: Set<UInt64>]] = [:]

  mutating func note(_ output: FixtureCase.Output, _ frame: [UInt8], packet: Int) {
    for field in output.free ?? [] {
      let value = field.value(frame)
      if field.rule == .unique || field.rule == .datagram {
        values[Place(at: field.at, rule: field.rule), default: []].append((packet, value))
      }
      if let group = field.group { groups[field.at, default: [:]][group, default: []].insert(value) }
    }
  }

  var faults: [String] {
    var faults: [String] = []
    for (place, chosen) in values {
      let packets = Dictionary(grouping: chosen) { place.rule == .unique ? -1 : $0.packet }
      let all = place.rule == .unique ? chosen.map(\.value) : packets.values.flatMap { Set($0.map(\.value)) }
      if Set(all).count != all.count { faults.append("bytes \(place.at)... are not unique among the outputs: \(all)") }
      if place.rule == .datagram, let mixed = packets.values.first(where: { Set($0.map(\.value)).count > 1 }) {
        faults.append("bytes \(place.at)... differ among the outputs of packet \(mixed[0].packet + 1)")
      }
    }
    for (at, named) in groups {
      for (group, values) in named where values.count > 1 { faults.append("bytes \(at)... differ within \(group): \(values)") }
      let all = Set(named.values.flatMap { $0 })
      if named.count >= 8, all.count < 2 { faults.append("bytes \(at)... are the same for all of \(named.count) groups") }
    }
    return faults
  }
}
