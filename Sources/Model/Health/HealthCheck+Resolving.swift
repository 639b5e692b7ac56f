/// From settings to a check: types, defaults, and what must fit together.
extension HealthCheck {
  /// - Parameter given: names that must belong to the kind; other settings come from the service, and what another kind has is ignored.
  /// - Returns: nil without a check.
  package func check(of service: ServiceKey, server: IPAddress? = nil) throws(CheckFault) -> Check? {
    guard !settings.isEmpty else { return nil }
    guard let kind = text("kind").flatMap(CheckKind.init(rawValue:)) else {
      throw CheckFault("the check has no kind", hint: "add one such as 'kind: tcp'")
    }
    for (field, _) in ordered where !field.belongs(to: kind) {
      let kinds = CheckKind.allCases.filter(field.belongs(to:)).map(\.rawValue).joined(separator: ", ")
      throw CheckFault("a check of kind \(kind.rawValue) has no \(field.name)", hint: "remove it; it belongs to \(kinds)")
    }
    if kind == .none { return nil }
    let interval = period("interval") ?? .seconds(2)
    let jitter = period("jitter") ?? Period(milliseconds: interval.milliseconds / 10)
    guard jitter <= interval else {
      throw CheckFault("the check's jitter of \(jitter) is longer than its interval of \(interval)", hint: "lower it")
    }
    return Check(
      probe: try probe(kind, service),
      interval: interval,
      timeout: period("timeout") ?? .seconds(1),
      rise: number("rise") ?? 2,
      fall: number("fall") ?? 3,
      jitter: jitter,
      warmUp: period("warm-up") ?? .zero,
      retry: period("retry") ?? interval,
      damping: period("damping") ?? .seconds(60),
      source: try source(to: server),
      onFailure: text("on-failure").flatMap(CheckFailureAction.init(rawValue:)) ?? .drain,
      assumption: text("assume").flatMap(CheckAssumption.init(rawValue:)) ?? .down,
      slowStart: period("slow-start") ?? .zero
    )
  }

  /// Nil: none is wanted.
  package var quorum: Quorum? { number("quorum").map { Quorum(weight: $0, hysteresis: number("hysteresis") ?? 0) } }

  private func probe(_ kind: CheckKind, _ service: ServiceKey) throws(CheckFault) -> Check.Probe {
    var port: UInt16 = 0
    if kind.hasPort {
      port = number("connect-port").map { UInt16($0) } ?? service.port
      guard port != 0 else {
        throw CheckFault("the check of a service of any port has no port", hint: "add 'connect-port' to the check")
      }
    }
    switch kind {
    case .none, .tcp: return .tcp(port: port)
    case .smtp: return .smtp(port: port)
    case .icmp: return .icmp
    case .http, .https: return .http(try web(kind), port: port)
    case .grpc: return .grpc(try grpc(), port: port)
    case .udp:
      let payload = try value("payload", "text, or hex: and pairs of digits") { CheckPayload($0)?.bytes } ?? []
      let reply = try value(
        "reply",
        "a POSIX extended regular expression without back-references, or hex: and pairs of digits or xx"
      ) {
        ReplyPattern(reply: $0)
      }
      return .udp(payload: payload, reply: reply, port: port)
    case .dns:
      guard let name = try value("name", "a domain name", Self.domain) else {
        throw CheckFault("a check of kind dns has no name", hint: "add the name to ask for, such as 'name: example.com'")
      }
      return .dns(name: name, text("record").flatMap(DNSRecordType.init(rawValue:)) ?? .a, port: port)
    case .script: return .script(command: try command(), user: text("user"))
    case .file:
      guard let path = try value("file", "an absolute path", Self.path) else {
        throw CheckFault("a check of kind file has no file", hint: "add its path, such as 'file: /run/sluice/web1'")
      }
      return .file(path: path, try body())
    }
  }

  private func web(_ kind: CheckKind) throws(CheckFault) -> Check.HTTPProbe {
    let path = try value("path", "a path that begins with / and has no spaces") {
      $0.hasPrefix("/") && Self.isToken($0) ? $0 : nil
    }
    let method = try value("method", "a method such as GET or HEAD") {
      $0.utf8.allSatisfy { (0x41...0x5a).contains($0) } ? $0 : nil
    }
    let status = try value("status", "statuses such as 200-299 or 200,204") { StatusRanges($0) } ?? .usual
    return Check.HTTPProbe(
      method: method ?? "GET",
      host: try host(),
      path: path ?? "/",
      status: status,
      body: try body(),
      tls: kind == .https ? try tls() : nil
    )
  }

  private func grpc() throws(CheckFault) -> Check.GRPCProbe {
    let isTLS = settings["tls"] == .truth(true)
    if !isTLS, let name = ["sni", "verify", "ca"].first(where: { settings[$0] != nil }) {
      throw CheckFault("the check has \(name), but does not use TLS", hint: "add 'tls: true' or remove '\(name)'")
    }
    let service = try value("grpc-service", "a service's full name, such as my.package.Service") { Self.isToken($0) ? $0 : nil }
    return Check.GRPCProbe(service: service ?? "", host: try host(), tls: isTLS ? try tls() : nil)
  }

  private func host() throws(CheckFault) -> String? {
    try value("host", "a host name, with a port if need be") { Self.isToken($0) ? $0 : nil }
  }

  private func tls() throws(CheckFault) -> Check.TLSProbe {
    // A name only: RFC 6066, section 3.
    let sni = try value("sni", "a host name, no address") { Self.isToken($0) && IPAddress($0) == nil ? $0 : nil }
    let isVerified = settings["verify"] == .truth(true)
    let ca = try value("ca", "an absolute path", Self.path)
    if !isVerified, ca != nil {
      throw CheckFault("the check has a ca, but verifies no certificate", hint: "add 'verify: true' or remove 'ca'")
    }
    return Check.TLSProbe(sni: sni, isVerified: isVerified, ca: ca)
  }

  private func body() throws(CheckFault) -> ReplyPattern? {
    guard let expression = text("matches") else { return text("contains").map { .contains($0) } }
    if settings["contains"] != nil { throw CheckFault("the check has both contains and matches", hint: "keep one") }
    if let fault = ReplyPattern.fault(of: expression) {
      throw CheckFault("matches of the check is no usable regular expression (\(fault))", hint: "write a POSIX extended one")
    }
    return .matches(expression)
  }

  /// Words are separated by spaces; there is no shell and no quoting.
  private func command() throws(CheckFault) -> [String] {
    let words = text("command")?.split(separator: " ").map(String.init) ?? []
    guard let program = words.first else {
      throw CheckFault("a check of kind script has no command", hint: "add one, such as 'command: /usr/local/bin/check-web'")
    }
    guard program.hasPrefix("/") else {
      throw CheckFault("command of the check is '\(program)'", hint: "write an absolute path")
    }
    return words
  }

  private func source(to server: IPAddress?) throws(CheckFault) -> IPAddress? {
    let source = try value("source", "an IPv4 or IPv6 address of this host") { IPAddress($0) }
    if let source, let server, source.isIPv4 != server.isIPv4 {
      throw CheckFault(
        "source \(source) of the check has another IP version than the server",
        hint: "give the server a source of its own"
      )
    }
    return source
  }
}

extension HealthCheck {
  private func text(_ name: String) -> String? { if case .text(let text)? = settings[name] { text } else { nil } }
  private func number(_ name: String) -> Int? { if case .number(let number)? = settings[name] { number } else { nil } }
  private func period(_ name: String) -> Period? { text(name).flatMap(Period.init(text:)) }

  private func value<Value>(_ name: String, _ form: String, _ parse: (String) -> Value?) throws(CheckFault) -> Value? {
    guard let text = text(name) else { return nil }
    guard let value = parse(text) else { throw CheckFault("\(name) of the check is '\(text)'", hint: "write \(form)") }
    return value
  }

  /// No spaces or control characters: it would end the line of a request.
  private static func isToken(_ text: String) -> Bool { text.utf8.allSatisfy { (0x21...0x7e).contains($0) } }

  private static func path(_ text: String) -> String? { text.hasPrefix("/") ? text : nil }

  /// Labels of 1 to 63 bytes, 253 in all (RFC 1035, section 2.3.4); "." is the root.
  private static func domain(_ text: String) -> String? {
    if text == "." { return text }
    let name = text.hasSuffix(".") ? String(text.dropLast()) : text
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let isName = isToken(name) && name.utf8.count <= 253 && labels.allSatisfy { (1...63).contains($0.utf8.count) }
    return isName ? name : nil
  }
}

extension VirtualService {
  /// The check of one of its servers; nil if it has none. Throws only before the service table has accepted it.
  package func check(of server: RealServer) throws(CheckFault) -> Check? {
    guard let own = server.check else { return try check?.check(of: key, server: server.address) }
    if let field = own.ordered.first(where: \.field.isOfService)?.field {
      throw CheckFault("\(field.name) of a check is one value for the whole service", hint: "move it to the service's check")
    }
    // A kind's settings that the server doesn't have itself are left out when it has another kind.
    return try own.over(check ?? HealthCheck()).check(of: key, server: server.address)
  }
}
