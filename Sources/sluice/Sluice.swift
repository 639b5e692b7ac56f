import ArgumentParser

@main
struct Sluice: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "A layer-4 load balancer on AF_XDP.",
    discussion: """
      'sluice run' starts the daemon, the director; most other commands talk to it over its control socket. 'sluice apply' applies a \
      changed configuration file to the running director.
      """,
    subcommands: [
      Run.self, Apply.self, ServiceCommand.self, ServerCommand.self, StatusCommand.self, StatsCommand.self, FlowsCommand.self,
      EventsCommand.self, Announce.self, Detach.self, DecapCommand.self, ExplainCommand.self, ReplayCommand.self,
      ImportCommand.self,
      IPVSAdmCommand.self,
    ]
  )

  static func main() async {
    if let (program, words) = IPVSAdmProgram.arguments(of: CommandLine.arguments) { await IPVSAdmProgram.run(program, words) }
    await main(SwitchArgument.joined(Array(CommandLine.arguments.dropFirst())))
  }
}
