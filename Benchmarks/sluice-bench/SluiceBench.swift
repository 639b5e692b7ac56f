import ArgumentParser

/// The benchmarks of all figures in the documentation.
@main struct SluiceBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice-bench",
    abstract: "Measures over plain memory: no root, no network, no kernel in between.",
    subcommands: [ForwardingBenchmark.self, FeatureBenchmark.self, MaglevBenchmark.self, ReplyBenchmark.self]
  )
}
