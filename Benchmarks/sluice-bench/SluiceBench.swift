import ArgumentParser

/// What Sluice's claims of speed are measured with.
@main struct SluiceBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice-bench",
    abstract: "Measures the packet path over plain memory, without root, network or kernel; `netlink` needs root.",
    subcommands: [ForwardingBenchmark.self, FeatureBenchmark.self, MaglevBenchmark.self, NetlinkBenchmark.self]
  )
}
