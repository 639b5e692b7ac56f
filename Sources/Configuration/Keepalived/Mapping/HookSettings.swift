import Model

extension Notes {
  /// `notify_up "COMMAND" [USER [GROUP]]` and its kin. Hooks are a service's, so of servers with different commands the first one's are carried.
  mutating func takeHook(_ statement: Statement, _ event: HookEvent, _ hooks: inout Hooks) {
    let words = statement.arguments.map(\.text)
    // Hooks run without a shell.
    guard let command = words.first, !command.contains(where: { "'\"\\$`".contains($0) }) else {
      return addBad(statement, "\(Hooks.form)")
    }
    if let former = hooks[event] {
      if former != command { uncarriedOtherHook(statement, kept: former) }
      return
    }
    guard hooks.set(event, to: command) else { return addBad(statement, "\(Hooks.form)") }
    guard let user = words.dropFirst().first else { return }
    if let former = hooks.user, former != user {
      uncarriedOtherHook(statement, kept: "the user \(former)")
    } else {
      hooks.user = user
    }
  }
}
