import ArgumentParser

/// In the list of commands; `Sluice.main` hands its arguments on before ArgumentParser reads any.
struct IPVSAdmCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ipvsadm",
    abstract: "The commands, options and output of ipvsadm 1.31, for the daemon's table.",
    discussion:
      "Also under the names ipvsadm, ipvsadm-save and ipvsadm-restore: link them to this binary. 'sluice ipvsadm -h' lists all."
  )

  @Argument(parsing: .captureForPassthrough, help: "ipvsadm's own options.")
  var words: [String] = []

  func run() async throws { await IPVSAdmProgram.run("ipvsadm", words) }
}
