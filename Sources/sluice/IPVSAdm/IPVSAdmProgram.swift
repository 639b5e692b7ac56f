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
    let ended = await session.run(words) {
      let input = try? FileHandle.standardInput.read(upToCount: mostInput)
      return String(decoding: input ?? Data(), as: UTF8.self)
    }
    FileHandle.standardOutput.write(Data(ended.output.utf8))
    FileHandle.standardError.write(Data(ended.error.utf8))
    if isatty(STDERR_FILENO) == 1 {
      for note in ended.notes { FileHandle.standardError.write(Data("sluice: \(note)\n".utf8)) }
    }
    exit(ended.code)
  }
}
