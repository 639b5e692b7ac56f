import ArgumentParser

/// The benchmarks of all figures in the documentation.
@main struct SluiceBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice-bench",
    abstract:
      "Measures the packet path over plain memory, without root, network or kernel; `netlink`, `control`, `hostile` and `reflector` "
      + "need root.",
    subcommands: [
      ForwardingBenchmark.self, FeatureBenchmark.self, MaglevBenchmark.self, ReplyBenchmark.self, HashBenchmark.self,
      SchedulersBenchmark.self, ChecksBenchmark.self, NetlinkBenchmark.self, ControlBenchmark.self, HostileBenchmark.self,
      ReflectorBenchmark.self,
    ]
  )
}
