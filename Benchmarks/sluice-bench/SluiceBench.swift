import ArgumentParser

/// What Sluice's claims of speed are measured with.
@main struct SluiceBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice-bench",
    abstract: "Measures the fast path over plain memory: no root, no network, no kernel in between.",
    subcommands: [ForwardingBenchmark.self, FeatureBenchmark.self, MaglevBenchmark.self]
  )
}
