import Model

/// Reads one command line of ipvsadm 1.31. Each value is examined where it stands, then the combination, as there.
package struct CommandLineReader {
  private let program: String
  private let names: Names
  private var scanner: OptionScanner
  private var line = CommandLineContents()

  /// - Parameter program: as messages name it.
  package static func read(_ words: [String], program: String = "ipvsadm", names: Names) throws(Failure) -> Request {
    if words.isEmpty { return .list(ListRequest()) }
    var reader = CommandLineReader(program: program, names: names, scanner: OptionScanner(words))
    return try reader.read()
  }

  private init(program: String, names: Names, scanner: OptionScanner) {
    self.program = program
    self.names = names
    self.scanner = scanner
  }

  private mutating func read() throws(Failure) -> Request {
    let command = try firstOption()
    switch command {
    case .help: return .help
    case .version: return .version
    default: break
    }
    while let (option, value) = try nextOption() {
      try line.take(option, value, names) { [scanner] in Failure("invalid option `\(scanner.word)'") }
    }
    var others = scanner.others[...]
    if command == .set { try line.takeTimeouts(&others) }
    if let other = others.first { throw Failure("unexpected argument \(other)") }
    try line.readSchedulerFlags()
    return try line.request(command)
  }

  private mutating func firstOption() throws(Failure) -> Option {
    guard let (option, value) = try? scanner.next(), CommandLineContents.commands.contains(option) else {
      throw .tryHelp(program)
    }
    if let value { try CommandLineContents.checkDaemon(option, value) }
    return option
  }

  private mutating func nextOption() throws(Failure) -> (Option, String?)? {
    do throws(OptionScanner.Fault) {
      return try scanner.next()
    } catch {
      throw Failure("\(scanner.word): \(error.text)", code: Failure.refused)
    }
  }
}
