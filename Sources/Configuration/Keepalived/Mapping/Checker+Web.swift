import Model

extension Mapping {
  private static let ofChecker =
    CheckerConnection.keywords + ["http_protocol", "url", "enable_sni", "sni_name", "fast_recovery", "tls_compliant"]
  private static let ofURL = [
    "path", "digest", "status_code", "virtualhost", "regex", "regex_no_match", "regex_options", "regex_stack", "regex_min_offset",
    "regex_max_offset", "tls_compliant",
  ]

  /// HTTP_GET and SSL_GET.
  mutating func web(_ rest: [Statement], _ kind: CheckKind, _ settings: CheckerSettings) -> (CheckKind, [String: CheckValue])? {
    var values: [String: CheckValue] = [:]
    var host = settings.host
    var url: Statement?
    var asksName = false
    var name: String?
    for inner in rest {
      switch inner.keyword {
      case "url": if url == nil { url = inner } else { notes.uncarriedFurtherURL(inner) }
      case "http_protocol": if inner.argument != "1.1" { notes.uncarriedHTTPVersion(inner) }
      case "enable_sni": asksName = notes.truth(inner) ?? false
      case "sni_name": name = inner.argument
      // With one URL the first good answer is a recovery; the TLS library closes as the protocol says.
      case "fast_recovery", "tls_compliant": break
      default: notes.addUnknown(inner, in: kind == .http ? "HTTP_GET" : "SSL_GET", known: Self.ofChecker)
      }
    }
    for inner in url?.statements ?? [] {
      switch inner.keyword {
      case "path": take("path", inner.argument, inner, &values)
      case "status_code": take("status", inner.arguments.map(\.text).joined(separator: ","), inner, &values)
      case "virtualhost": host = inner.argument ?? host
      case "digest": notes.uncarriedDigest(inner)
      case "tls_compliant": break
      case let keyword where keyword.hasPrefix("regex") && Self.ofURL.contains(keyword): break
      default: notes.addUnknown(inner, in: "url", known: Self.ofURL)
      }
    }
    if let url, let pattern = pattern(of: url) { values["matches"] = .text(pattern) }
    if let host { values["host"] = .text(host) }
    if kind == .https, let name = name ?? (asksName ? host : nil) { values["sni"] = .text(name) }
    return (kind, values)
  }

  private mutating func take(_ setting: String, _ text: String?, _ statement: Statement, _ values: inout [String: CheckValue]) {
    guard let text, let field = CheckField.named(setting), let value = field.canonical(.text(text)) else {
      return notes.addBad(statement, CheckField.named(setting)?.expected ?? "a value")
    }
    values[setting] = value
  }

  /// The expression that a page must match; nil, with a note, for one of Perl's that POSIX does not have.
  private mutating func pattern(of url: Statement) -> String? {
    guard let regex = url.statements.first(where: { $0.keyword == "regex" }) else { return nil }
    let options = url.statements.filter { $0.keyword.hasPrefix("regex_") && $0.keyword != "regex_stack" }
    let pattern = regex.arguments.map { ScriptWords.unescaped($0.text) }.joined(separator: " ")
    guard options.isEmpty, let pattern = PerlPattern.posix(pattern), ReplyPattern.fault(of: pattern) == nil,
      CheckField.named("matches")?.canonical(.text(pattern)) != nil
    else {
      notes.uncarriedPattern(options.first ?? regex)
      return nil
    }
    return pattern
  }
}
