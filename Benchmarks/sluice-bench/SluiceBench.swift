import ArgumentParser

/// What Sluice's claims of speed are measured with.
@main struct SluiceBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice-bench",
    abstract: "Measures the fast path over plain memory, without root, network or kernel in between; and netlink, with them.",
    subcommands: [ForwardingBenchmark.self, FeatureBenchmark.self, MaglevBenchmark.self, NetlinkBenchmark.self]
  )
}
