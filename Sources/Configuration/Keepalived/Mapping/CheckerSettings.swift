import Model

/// Settings of checks that a virtual_server gives its servers, and a server its checkers.
struct CheckerSettings {
  var timeout: Period?
  /// Further tries after a failure.
  var retries: Int?
  /// Between these tries.
  var pause: Period?
  var warmUp: Period?
  var interval: Period?
  /// `alpha`: down until the first good result.
  var assumesDown: Bool?
  /// `inhibit_on_failure`: weight 0 instead of removal.
  var inhibits: Bool?
  var host: String?

  /// `fall` is one more, and at most 100.
  static let mostRetries = 99

  static let keywords = [
    "connect_timeout", "retry", "nb_get_retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "inhibit_on_failure",
    "virtualhost",
  ]

  /// Takes a statement; false if it is none of these.
  mutating func take(_ statement: Statement, _ notes: inout Notes) -> Bool {
    switch statement.keyword {
    case "connect_timeout": timeout = notes.period(statement, "timeout") ?? timeout
    case "retry", "nb_get_retry":
      if let count = notes.number(statement, 0...Int(UInt32.max)) { retries = notes.limited(count, statement) }
    case "delay_before_retry": pause = notes.period(statement, "retry") ?? pause
    case "warmup": warmUp = notes.period(statement, "warm-up") ?? warmUp
    case "delay_loop": interval = notes.period(statement, "interval") ?? interval
    case "alpha": assumesDown = notes.truth(statement) ?? assumesDown
    case "inhibit_on_failure": inhibits = notes.truth(statement) ?? inhibits
    case "virtualhost": host = statement.argument ?? host
    default: return false
    }
    return true
  }

  func over(_ outer: CheckerSettings) -> CheckerSettings {
    CheckerSettings(
      timeout: timeout ?? outer.timeout,
      retries: retries ?? outer.retries,
      pause: pause ?? outer.pause,
      warmUp: warmUp ?? outer.warmUp,
      interval: interval ?? outer.interval,
      assumesDown: assumesDown ?? outer.assumesDown,
      inhibits: inhibits ?? outer.inhibits,
      host: host ?? outer.host
    )
  }
}

extension Notes {
  /// A whole number.
  mutating func number(_ statement: Statement, _ range: ClosedRange<Int>) -> Int? {
    if let word = statement.argument, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(word),
      range.contains(number)
    {
      return number
    }
    addBad(statement, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  /// Tries beyond `fall`'s limit are dropped.
  fileprivate mutating func limited(_ retries: Int, _ statement: Statement) -> Int {
    guard retries > CheckerSettings.mostRetries else { return retries }
    add(
      statement.place,
      "'\(statement.text)' is more than \(CheckerSettings.mostRetries) tries",
      "\(CheckerSettings.mostRetries) are carried"
    )
    return CheckerSettings.mostRetries
  }

  /// Without an argument true.
  mutating func truth(_ statement: Statement) -> Bool? {
    switch statement.argument {
    case nil, "on", "true", "yes": return true
    case "off", "false", "no": return false
    default:
      addBad(statement, "on, off, or nothing")
      return nil
    }
  }

  /// Seconds, with a fraction. A time that the setting does not take becomes the nearest that it does.
  mutating func period(_ statement: Statement, _ setting: String) -> Period? {
    guard let word = statement.argument, word.utf8.count <= 20,
      word.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }),
      let seconds = Double(word), case .period(let range)? = CheckField.named(setting)?.form
    else {
      addBad(statement, "a time in seconds, such as 2 or 0.5")
      return nil
    }
    let given = Period(milliseconds: Int((min(seconds, 1e9) * 1000).rounded()))
    guard !range.contains(given) else { return given }
    let nearest = min(max(given, range.lowerBound), range.upperBound)
    add(statement.place, "'\(statement.text)' is not from \(range.lowerBound) to \(range.upperBound)", "\(nearest) is carried")
    return nearest
  }
}
