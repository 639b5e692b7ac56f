import Model

/// A check script's run.
struct Script: Sendable {
  let program: Program

  init(command: [String], user: String?, timeout: Period) {
    program = Program(command: command, user: user, timeout: timeout)
  }

  func run() -> CheckResult {
    switch program.run() {
    case .failure(let reason): .bad(reason)
    case .exit(0): .good()
    case .exit(1): .bad("\(program.command[0]) exited with 1")
    case .exit(let code): .good(weight: Int(code) - 2)
    }
  }
}
