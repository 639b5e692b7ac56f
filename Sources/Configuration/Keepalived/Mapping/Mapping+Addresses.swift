import Model

extension Mapping {
  /// The services of a virtual_server: one, or one for each address and port of its group.
  mutating func addresses(of statement: Statement, _ transport: TransportProtocol) throws(ConfigurationError) -> [ServiceKey] {
    let words = statement.arguments.map(\.text)
    switch words.first {
    case "group":
      guard words.count > 1, let group = groups[words[1]] else {
        notes.add(statement.place, "'\(statement.text)' has no group", "add the virtual_server_group")
        return []
      }
      var keys: [ServiceKey] = []
      for entry in group.statements {
        if entry.keyword == "fwmark" { notes.uncarriedMark(entry) } else { keys += try self.keys(entry, transport) }
        guard keys.count <= ImportLimit.services else {
          throw entry.place.error("the group has over \(ImportLimit.services) addresses up to here", hint: "divide it")
        }
      }
      return keys
    default:
      guard let address = words.first.flatMap({ IPAddress($0) }), let port = Self.port(words.dropFirst()) else {
        notes.addBad(statement, "an address and a port; a name is not looked up")
        return []
      }
      return unicast([ServiceKey(ServiceProtocol(transport), address, port: port)], statement)
    }
  }

  /// A line of a group: an address or a range, and a port.
  private mutating func keys(_ entry: Statement, _ transport: TransportProtocol) throws(ConfigurationError) -> [ServiceKey] {
    let words = entry.words.map(\.text)
    guard let ends = Self.range(words[0]), let port = Self.port(words.dropFirst()) else {
      notes.addBad(entry, "an address, a range such as 192.0.2.10-15 or 192.0.2.8/29, and a port")
      return []
    }
    let (first, last) = (ends.lowerBound.words, ends.upperBound.words)
    let (count, overflow) = last.low.subtractingReportingOverflow(first.low)
    guard first.high == last.high, !overflow, count < UInt64(ImportLimit.services) else {
      throw entry.place.error(
        "'\(entry.text)' has over \(ImportLimit.services) addresses",
        hint: "write the addresses that clients use; each becomes a service"
      )
    }
    let all = (0...count).map { IPAddress(high: first.high, low: first.low + $0) }
    return unicast(all.map { ServiceKey(ServiceProtocol(transport), $0, port: port) }, entry)
  }

  private mutating func unicast(_ keys: [ServiceKey], _ statement: Statement) -> [ServiceKey] {
    guard let (bad, reason) = keys.lazy.compactMap({ key in key.address.reasonNotUnicast.map { (key.address, $0) } }).first else {
      return keys
    }
    notes.add(statement.place, "\(bad) is \(reason)", "give an address that clients connect to")
    return keys.filter { $0.address.reasonNotUnicast == nil }
  }

  /// Without a port: any, as 0 is; nil for something else.
  static func port(_ words: some Collection<String>) -> UInt16? {
    guard let word = words.first else { return 0 }
    return word.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt16(word) : nil
  }

  /// `192.0.2.1`, `192.0.2.1-9`, `192.0.2.1-192.0.3.9` or `192.0.2.8/29`; the same of IPv6, where the last part is hexadecimal.
  static func range(_ text: String) -> ClosedRange<IPAddress>? {
    if text.contains("/") {
      guard let prefix = AddressPrefix(text), prefix.address == prefix.first, prefix.length > 0 else { return nil }
      return prefix.first...prefix.last
    }
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = IPAddress(ends[0]) else { return nil }
    guard ends.count == 2 else { return first...first }
    let last: IPAddress?
    if ends[1].contains(where: { $0 == "." || $0 == ":" }) {
      last = IPAddress(ends[1])
    } else if first.isIPv4 {
      last = UInt8(ends[1]).flatMap { IPAddress(bytes: first.bytes.dropLast() + [$0]) }
    } else {
      last = UInt16(ends[1], radix: 16).flatMap {
        IPAddress(bytes: first.bytes.dropLast(2) + [UInt8($0 >> 8), UInt8($0 & 0xff)])
      }
    }
    guard let last, last.isIPv4 == first.isIPv4, first <= last else { return nil }
    return first...last
  }
}
