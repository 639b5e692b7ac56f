import Model

/// `persistence_timeout` and `persistence_granularity`: each of them turns persistence on.
struct PersistenceSettings {
  /// Of the last of the two.
  private(set) var place: Place?
  private var timeout: Int?
  private var granularity: Statement?

  fileprivate mutating func take(timeout seconds: Int?, _ statement: Statement) {
    guard let seconds else { return }
    timeout = seconds
    place = statement.place
  }

  fileprivate mutating func take(granularity statement: Statement) {
    granularity = statement
    place = statement.place
  }
}

extension Notes {
  mutating func takePersistence(_ statement: Statement, _ settings: inout PersistenceSettings) {
    if statement.keyword == "persistence_granularity" {
      settings.take(granularity: statement)
    } else {
      let usual = statement.argument == nil ? Persistence.usualTimeout : nil
      settings.take(timeout: usual ?? number(statement, Persistence.timeouts), statement)
    }
  }
}

extension PersistenceSettings {
  /// Of a service of this IP version; nil: none.
  func persistence(isIPv4: Bool, _ notes: inout Notes) -> Persistence? {
    let netmask = granularity.flatMap { Self.netmask($0, isIPv4: isIPv4, &notes) }
    // A granularity that is none is as if it weren't there.
    guard timeout != nil || netmask != nil else { return nil }
    return Persistence(
      timeout: timeout ?? Persistence.usualTimeout,
      netmask: netmask ?? Persistence.single(isIPv4: isIPv4)
    )
  }

  /// keepalived takes no mask with holes.
  private static func netmask(_ statement: Statement, isIPv4: Bool, _ notes: inout Notes) -> UInt32? {
    let text = statement.argument ?? ""
    guard text.contains(".") == isIPv4, let netmask = Persistence.mask(text), !isIPv4 || (~netmask & (~netmask &+ 1)) == 0 else {
      notes.addBad(statement, isIPv4 ? "an IPv4 mask such as 255.255.255.0" : "a prefix length of IPv6 from 1 to 128")
      return nil
    }
    return netmask
  }
}
