import Model

/// Runs one command line of ipvsadm, or of its wrappers `ipvsadm-save` and `ipvsadm-restore`.
package struct Session<Access: TableAccess>: Sendable {
  private let access: Access
  private let names: Names
  private let program: String

  /// - Parameter program: the name by which it was started, with its folder; messages name it.
  package init(_ access: Access, names: Names, program: String = "ipvsadm") {
    self.access = access
    self.names = names
    self.program = program
  }

  /// - Parameter input: reads standard input; only `-R` does.
  package func run(_ words: [String], input: () -> String) async -> Ended {
    switch program.split(separator: "/").last {
    case "ipvsadm-save": await save(words)
    case "ipvsadm-restore": await restore(clearing: true, input())
    default: await ipvsadm(words, input: input)
    }
  }

  private func ipvsadm(_ words: [String], input: () -> String) async -> Ended {
    do throws(Failure) {
      if words == ["--proc"] { return Ended(output: ProcFiles.table(try await wholeReport())) }
      if words == ["--proc-stats"] { return Ended(output: ProcFiles.statistics(try await wholeReport())) }
      let request = try CommandLineReader.read(words, program: program, names: names)
      if request == .restore { return await restore(clearing: false, input()) }
      let output = try await carryOut(request)
      if case .change(let command) = request { return Ended(output: output, notes: command.notes) }
      return Ended(output: output)
    } catch {
      return Ended(error: error.message + "\n", code: error.code)
    }
  }

  private func carryOut(_ request: Request) async throws(Failure) -> String {
    switch request {
    case .help: return HelpText.text(program: program)
    case .version: return VersionText.text
    case .change(let command):
      try await access.change([command])
      return ""
    case .list(let list): return try await text(of: list)
    case .save(let isNumeric): return SavedTable.text(try await wholeReport(), isNumeric: isNumeric, names: names)
    case .restore: return ""
    case .startDaemon:
      throw Failure(
        "Sluice has no daemon that copies connections: directors with the same table choose the same servers without one",
        code: Failure.refused
      )
    case .stopDaemon: throw Failure("No daemon is running", code: Failure.refused)
    }
  }

  private func text(of list: ListRequest) async throws(Failure) -> String {
    switch list.subject {
    case .connections: return ConnectionList.text(try await access.connections(), list, names: names)
    case .timeouts: return try await wholeReport().timeoutText
    // As of a kernel on which no daemon runs.
    case .daemon: return ""
    case .all: return TableList.text(try await wholeReport(), list, names: names)
    case .service(let key):
      guard let report = try await access.report(of: key) else {
        throw Failure(Refusal.noSuchService.message, code: Failure.noList)
      }
      return TableList.text(report, list, names: names)
    }
  }

  private func wholeReport() async throws(Failure) -> TableReport { try await access.report(of: nil) ?? TableReport() }
}

extension Session {
  /// All changes between two other commands are one: a saved table is restored as a whole or not at all, where ipvsadm stops midway.
  private func restore(clearing: Bool, _ text: String) async -> Ended {
    var ended = Ended()
    do throws(Failure) {
      var changes: [TableCommand] = clearing ? [.clear] : []
      for request in try RestoredLines.read(text, program: program, names: names) {
        if case .change(let command) = request {
          changes.append(command)
          ended.notes += command.notes
          continue
        }
        try await flush(&changes)
        ended.output += try await carryOut(request)
        // ipvsadm ends here.
        if request == .help || request == .version { return ended }
      }
      try await flush(&changes)
    } catch {
      (ended.error, ended.code) = (error.message + "\n", error.code)
      ended.notes = ["\(error.place.map { "\($0): " } ?? "")nothing has been restored"]
    }
    return ended
  }

  private func flush(_ changes: inout [TableCommand]) async throws(Failure) {
    if !changes.isEmpty { try await access.change(changes) }
    changes = []
  }

  /// `ipvsadm-save [-n]`; words that are no options are ignored.
  private func save(_ words: [String]) async -> Ended {
    var isNumeric = false
    for word in words where word.hasPrefix("-") {
      guard word == "-n" else {
        let name = program.split(separator: "/").last ?? ""
        return Ended(
          error: "\(name): Script to save the IPVS table to stdout.\n"
            + "   With the -n option, prints out the table in numeric format.\n",
          code: 1
        )
      }
      isNumeric = true
    }
    do throws(Failure) {
      return Ended(output: SavedTable.text(try await wholeReport(), isNumeric: isNumeric, names: names))
    } catch {
      return Ended(error: error.message + "\n", code: error.code)
    }
  }
}
