import Model

/// A checker block as settings of a check. The port is apart: it is written where it differs from the service's.
struct Checker: Equatable {
  let place: Place
  let keyword: String
  let kind: CheckKind
  var settings: [String: CheckValue]
  /// Nil: the service's.
  var port: UInt16?

  static let keywords = [
    "HTTP_GET", "SSL_GET", "TCP_CHECK", "SMTP_CHECK", "DNS_CHECK", "MISC_CHECK", "BFD_CHECK", "UDP_CHECK", "PING_CHECK",
    "FILE_CHECK",
  ]

  /// The health check of a server, for a service of this port.
  func check(port servicePort: UInt16) -> HealthCheck {
    var settings = settings
    if kind.hasPort, let port, port != servicePort { settings["connect-port"] = .number(Int(port)) }
    return HealthCheck(settings)
  }
}

extension Mapping {
  /// Nil, with a note, if it can't be carried.
  mutating func checker(_ statement: Statement, _ outer: CheckerSettings, of server: RealServerBlock) -> Checker? {
    var settings = CheckerSettings()
    var connection = CheckerConnection(port: server.port)
    let rest = statement.statements.filter { inner in
      !settings.take(inner, &notes) && !connection.take(inner, to: server.address, &notes)
    }
    settings = settings.over(outer)
    let specific: (CheckKind, [String: CheckValue])?
    switch statement.keyword {
    case "HTTP_GET": specific = web(rest, .http, settings)
    case "SSL_GET": specific = web(rest, .https, settings)
    case "TCP_CHECK": specific = plain(rest, .tcp, statement)
    case "PING_CHECK": specific = plain(rest, .icmp, statement)
    case "SMTP_CHECK": specific = mail(rest, &connection, to: server.address)
    case "DNS_CHECK": specific = names(rest)
    case "UDP_CHECK": specific = datagram(rest)
    case "MISC_CHECK": specific = script(rest, statement, settings)
    case "FILE_CHECK": specific = file(rest, statement)
    default:
      notes.uncarriedBFD(statement)
      specific = nil
    }
    guard let (kind, values) = specific else { return nil }
    var all = common(settings, of: statement.keyword)
    if kind.hasSource, let source = connection.source { all["source"] = .text("\(source)") }
    all.merge(values) { $1 }
    all["kind"] = .text(kind.rawValue)
    return Checker(place: statement.place, keyword: statement.keyword, kind: kind, settings: all, port: connection.port)
  }

  /// What every kind has. All of it is written, with keepalived's defaults: ours are others.
  private func common(_ settings: CheckerSettings, of keyword: String) -> [String: CheckValue] {
    let interval = settings.interval ?? .seconds(60)
    let retries = settings.retries ?? (keyword == "DNS_CHECK" ? 3 : keyword == "MISC_CHECK" ? 0 : 1)
    let usualPause: Period =
      switch keyword {
      case "HTTP_GET", "SSL_GET": .seconds(3)
      case "DNS_CHECK": interval
      default: .seconds(1)
      }
    return [
      "interval": .text("\(interval)"),
      "timeout": .text("\(settings.timeout ?? .seconds(5))"),
      "rise": .number(1),
      "fall": .number(retries + 1),
      "retry": .text("\(settings.pause ?? usualPause)"),
      "warm-up": .text("\(settings.warmUp ?? interval)"),
      "damping": .text("0s"),
      "on-failure": .text((settings.inhibits == true ? CheckFailureAction.drain : .remove).rawValue),
      "assume": .text((settings.assumesDown == true ? CheckAssumption.down : .up).rawValue),
    ]
  }

  /// A checker without settings of its own.
  private mutating func plain(_ rest: [Statement], _ kind: CheckKind, _ statement: Statement) -> (
    CheckKind, [String: CheckValue]
  )? {
    for inner in rest { notes.addUnknown(inner, in: statement.keyword, known: CheckerConnection.keywords) }
    return (kind, [:])
  }
}
