import Model

/// Where a checker connects to, and from where.
struct CheckerConnection {
  /// Nil: the service's.
  var port: UInt16?
  var source: IPAddress?

  static let keywords =
    CheckerSettings.keywords + [
      "connect_ip", "connect_port", "bindto", "bind_if", "bind_port", "fwmark", "log_all_failures",
    ]

  /// Takes a statement; false if it is none of these.
  mutating func take(_ statement: Statement, to server: IPAddress, _ notes: inout Notes) -> Bool {
    switch statement.keyword {
    case "connect_ip":
      guard let address = statement.argument.flatMap({ IPAddress($0) }) else {
        notes.addBad(statement, "an address")
        break
      }
      if address != server { notes.uncarriedCheckAddress(statement) }
    case "connect_port": if let number = notes.number(statement, 1...65535) { port = UInt16(number) }
    case "bindto":
      guard let address = statement.argument.flatMap({ IPAddress($0) }), address.isIPv4 == server.isIPv4 else {
        notes.addBad(statement, "an address of this host, of the server's IP version")
        break
      }
      source = address
    case "bind_if", "bind_port", "fwmark": notes.uncarriedCheckBinding(statement)
    case "log_all_failures": notes.uncarriedFailureLog(statement)
    default: return false
    }
    return true
  }
}
