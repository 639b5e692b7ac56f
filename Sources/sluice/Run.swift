import ArgumentParser
import Control

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run the director in the foreground.")

  @Option(help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String

  @OptionGroup var daemon: DaemonOptions

  func run() async throws {
    _ = try Configuration(file: config)
    throw ValidationError("\(config) is sound, but the director itself is not built yet")
  }
}
