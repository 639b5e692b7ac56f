import Model

/// SMTP_CHECK, DNS_CHECK, UDP_CHECK.
extension Mapping {
  mutating func mail(
    _ rest: [Statement],
    _ connection: inout CheckerConnection,
    to server: IPAddress
  ) -> (CheckKind, [String: CheckValue])? {
    var hosts = 0
    for inner in rest {
      switch inner.keyword {
      case "helo_name": notes.uncarriedGreeting(inner)
      // From before a server could have several checkers.
      case "host":
        hosts += 1
        if hosts > 1 { notes.uncarriedFurtherCheck(inner.place, "host", beside: "host") }
        for deeper in inner.statements where hosts == 1 && !connection.take(deeper, to: server, &notes) {
          notes.addUnknown(deeper, in: "host", known: CheckerConnection.keywords)
        }
      default: notes.addUnknown(inner, in: "SMTP_CHECK", known: CheckerConnection.keywords + ["helo_name", "host"])
      }
    }
    return (.smtp, [:])
  }

  mutating func names(_ rest: [Statement]) -> (CheckKind, [String: CheckValue])? {
    var (name, record) = (".", DNSRecordType.soa)
    for inner in rest {
      switch inner.keyword {
      case "name": name = inner.argument ?? name
      case "type":
        guard let type = inner.argument.flatMap({ DNSRecordType(rawValue: $0.uppercased()) }) else {
          notes.addBad(inner, "one of \(DNSRecordType.allCases.map(\.rawValue).joined(separator: ", "))")
          continue
        }
        record = type
      default: notes.addUnknown(inner, in: "DNS_CHECK", known: CheckerConnection.keywords + ["name", "type"])
      }
    }
    return (.dns, ["name": .text(name), "record": .text(record.rawValue)])
  }

  mutating func datagram(_ rest: [Statement]) -> (CheckKind, [String: CheckValue])? {
    var values: [String: CheckValue] = [:]
    for inner in rest {
      switch inner.keyword {
      case "payload":
        guard let digits = Self.digits(inner), !digits.contains("x"), let value = Self.value("payload", digits) else {
          notes.addBad(inner, "pairs of hexadecimal digits, at most 510 in all")
          continue
        }
        values["payload"] = value
      case "require_reply":
        // Any reply: every text matches.
        guard inner.words.count > 1 else {
          values["reply"] = .text(".*")
          continue
        }
        guard let digits = Self.digits(inner) else {
          notes.addBad(inner, "pairs of hexadecimal digits or x, at most 126 pairs")
          continue
        }
        let whole = Self.wholeBytes(digits)
        if whole != digits { notes.uncarriedHalfByte(inner) }
        guard let value = Self.value("reply", whole) else {
          notes.addBad(inner, "pairs of hexadecimal digits or x, at most 126 pairs")
          continue
        }
        values["reply"] = value
      case "min_reply_length", "max_reply_length": notes.uncarriedReplyLength(inner)
      default:
        notes.addUnknown(
          inner,
          in: "UDP_CHECK",
          known: CheckerConnection.keywords + ["payload", "require_reply", "min_reply_length", "max_reply_length"]
        )
      }
    }
    return (.udp, values)
  }

  /// Pairs of digits or `x`: a single digit before a blank is a byte of its own.
  private static func digits(_ statement: Statement) -> String? {
    var digits = ""
    for word in statement.arguments.flatMap({ $0.text.lowercased().split(separator: " ") }) {
      guard word.utf8.count <= CheckField.longestText, word.allSatisfy({ $0.isASCII && ($0.isHexDigit || $0 == "x") }) else {
        return nil
      }
      digits += word.count.isMultiple(of: 2) ? String(word) : word.dropLast() + "0" + word.suffix(1)
    }
    return digits.isEmpty ? nil : digits
  }

  /// `x` for half of a byte becomes one for all of it.
  private static func wholeBytes(_ digits: String) -> String {
    let digits = Array(digits)
    return stride(from: 0, to: digits.count, by: 2).map { place in
      let pair = String(digits[place..<place + 2])
      return pair.contains("x") ? "xx" : pair
    }.joined()
  }

  private static func value(_ setting: String, _ digits: String) -> CheckValue? {
    CheckField.named(setting)?.canonical(.text("hex:" + digits))
  }
}
