import API
import Configuration
import Foundation
import IPVSAdm

/// The binary as ipvsadm: by a link of one of its names, or as `sluice ipvsadm`. All arguments are ipvsadm's, so ArgumentParser sees none.
enum IPVSAdmProgram {
  static let names = ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"]

  /// What `-R` reads at most: a table of 100,000 servers takes 8 MiB.
  private static let mostInput = 64 << 20

  /// Nil when the process was started as something else.
  static func arguments(of commandLine: [String]) -> (program: String, words: [String])? {
    guard let program = commandLine.first else { return nil }
    if names.contains(URL(filePath: program).lastPathComponent) { return (program, Array(commandLine.dropFirst())) }
    return commandLine.dropFirst().first == "ipvsadm" ? ("ipvsadm", Array(commandLine.dropFirst(2))) : nil
  }

  /// Runs the command and ends the process with its exit code.
  static func run(_ program: String, _ words: [String]) async -> Never {
    var words = words
    var socket: String?
    // Sluice's own, and before ipvsadm's.
    if words.count >= 2, words[0] == "--socket" {
      socket = words[1]
      words.removeFirst(2)
    }
    let session = Session(
      DaemonTable(ControlClient(path: SocketOptions.path(socket))),
      names: SystemNames().names,
      program: program
    )
    let ended = await session.run(words) { input() }
    write(ended.output, to: .standardOutput)
    write(ended.error, to: .standardError)
    if isatty(STDERR_FILENO) == 1 {
      for note in ended.notes { write("sluice: \(note)\n", to: .standardError) }
    }
    exit(ended.code)
  }

  private static func input() -> String {
    let input = (try? FileHandle.standardInput.read(upToCount: mostInput + 1)) ?? Data()
    if input.count > mostInput {
      write("standard input has more than \(mostInput >> 20) MiB: nothing has been restored\n", to: .standardError)
      exit(Failure.invalid)
    }
    return String(decoding: input, as: UTF8.self)
  }

  /// A reader that has gone, such as `head`, is no failure.
  private static func write(_ text: String, to file: FileHandle) { try? file.write(contentsOf: Data(text.utf8)) }
}
