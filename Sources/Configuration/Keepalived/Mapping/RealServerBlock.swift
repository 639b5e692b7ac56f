import Model

/// A `real_server` or `sorry_server`.
struct RealServerBlock {
  let place: Place
  let address: IPAddress
  /// Nil: the service's.
  let port: UInt16?
  var weight: Int?
  /// Nil: the virtual server's.
  var forwarding: ServerForwarding?
  var forwardingPlace: Place?
  var checker: Checker?
  var upperThreshold = 0
  var lowerThreshold = 0

  mutating func take(_ forwarding: ServerForwarding?, at place: Place) {
    self.forwarding = forwarding ?? self.forwarding
    forwardingPlace = place
  }
}

extension Mapping {
  private static let known =
    CheckerSettings.keywords + Checker.keywords + [
      "weight", "lvs_method", "lb_kind", "notify_up", "notify_down", "uthreshold", "lthreshold", "smtp_alert", "snmp_name",
    ]

  mutating func realServer(_ statement: Statement, of service: inout VirtualServerBlock) -> RealServerBlock? {
    guard var server = serverAddress(statement) else { return nil }
    var settings = CheckerSettings()
    var checkers: [Statement] = []
    var lower = statement.place
    for inner in statement.statements {
      switch inner.keyword {
      case "weight": server.weight = notes.number(inner, RealServer.weights)
      case "lvs_method", "lb_kind": server.take(notes.forwarding(inner), at: inner.place)
      case "notify_up": notes.takeHook(inner, .serverUp, &service.hooks)
      case "notify_down": notes.takeHook(inner, .serverDown, &service.hooks)
      case "uthreshold": server.upperThreshold = notes.number(inner, RealServer.thresholds) ?? 0
      case "lthreshold":
        server.lowerThreshold = notes.number(inner, RealServer.thresholds) ?? 0
        lower = inner.place
      case "smtp_alert": if notes.truth(inner) == true { notes.uncarriedMail(inner.place) }
      case "snmp_name": notes.uncarriedName(inner)
      case let keyword where Checker.keywords.contains(keyword): checkers.append(inner)
      default:
        if !settings.take(inner, &notes) { notes.addUnknown(inner, in: "real_server", known: Self.known) }
      }
    }
    if server.lowerThreshold > server.upperThreshold {
      notes.uncarriedLowerThreshold(lower)
      server.lowerThreshold = 0
    }
    let all = settings.over(service.settings)
    server.checker = choose(checkers.compactMap { checker($0, all, of: server) })
    return server
  }

  /// Address and port; nil, with a note, for what is neither.
  mutating func serverAddress(_ statement: Statement) -> RealServerBlock? {
    let words = statement.arguments.map(\.text)
    guard let address = words.first.flatMap({ IPAddress($0) }), let port = Self.port(words.dropFirst()) else {
      notes.addBad(statement, "an address and a port; a name is not looked up")
      return nil
    }
    if let reason = address.reasonNotUnicast {
      notes.add(
        statement.place,
        "\(statement.keyword) \(address) is \(reason), which the director does not forward to",
        "give the address of a host; run a page of the director's own on another one"
      )
      return nil
    }
    return RealServerBlock(place: statement.place, address: address, port: port == 0 ? nil : port)
  }

  /// The one check of a server: what says most about it. A connection to the same port is part of a longer talk.
  private mutating func choose(_ checkers: [Checker]) -> Checker? {
    let order: [CheckKind] = [.http, .https, .dns, .smtp, .script, .udp, .file, .tcp, .icmp, .none]
    let chosen = checkers.enumerated().min { left, right in
      let (first, second) = (order.firstIndex(of: left.element.kind) ?? 0, order.firstIndex(of: right.element.kind) ?? 0)
      return (first, left.offset) < (second, right.offset)
    }
    guard let (position, chosen) = chosen.map({ ($0.offset, $0.element) }) else { return nil }
    for (other, checker) in checkers.enumerated() where other != position {
      let isPart = checker.kind == .tcp && [.http, .https, .smtp].contains(chosen.kind) && checker.port == chosen.port
      if !isPart { notes.uncarriedFurtherCheck(checker.place, checker.keyword, beside: chosen.keyword) }
    }
    return chosen
  }
}
