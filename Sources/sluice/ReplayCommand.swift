import API
import ArgumentParser
import Configuration
import Logging
import Model
import Netlink
import Offline
import Reconciler

/// `sluice replay`: runs a capture through the forwarder, without sending anything.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run a capture through the forwarder and show the verdict for each packet.",
    usage: "sluice replay --config <file> <in.pcap> <out.pcap> [--at <packet> <file>] ... [--json]",
    discussion: """
      Needs no root, no interface and no kernel: the 'replay' section of the configuration replaces them (Docs/replay.md). The \
      forwarding code is the daemon's; the clock is the capture's. Packets left to the kernel are not in the output.
      """
  )

  @Option(help: "The configuration file, with a 'replay' section.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String

  @Argument(help: "The capture: a classic pcap file of Ethernet frames.", completion: .file(extensions: ["pcap"]))
  var input: String

  @Argument(help: "The pcap file to write, with the packets that would be sent.", completion: .file(extensions: ["pcap"]))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Switch to another configuration before this packet, as 'sluice apply' would; may be repeated.",
      valueName: "packet> <file"
    )
  )
  var at: [SwitchArgument] = []

  @Flag(help: "Print one line of JSON for each packet.")
  var json = false

  func run() throws {
    let configuration = try Configuration(file: config, staticTopology: .everything)
    let switches = try at.map { switching in
      let names = configuration.director.interfaces
      let wanted = try Configuration(file: switching.file, needsInterfaces: false, staticTopology: .changes(interfaces: names))
      return ReplaySwitch(packet: switching.packet, configuration: wanted)
    }
    var run = try ReplayRun(configuration, switches: switches)
    let source = try InputFile(input)
    var reader = try named(input) { try CaptureReader { try source.read($0) } }
    let sink = try OutputFile(output, besides: source)
    var writer = CaptureWriter(CaptureFormat(isNanosecond: reader.format.isNanosecond)) { try sink.write($0) }
    let lines = LineOutput()
    let played = Result {
      try named(input) { try run.play(&reader, into: &writer) { line in if json { try lines.add(line.json) } } }
    }
    // Also after an error: the output has the packets replayed so far.
    try writer.finish()
    if !json { try lines.add(run.summary.text(output: output)) }
    try lines.finish()
    for note in run.summary.notes { Logger.sluice.info("\(note)") }
    if run.pending > 0 {
      Logger.sluice.info("\(run.pending) of --at had no effect: \(input) has only \(run.summary.packets) packets")
    }
    try played.get()
  }

  /// Adds the file's name to a format error.
  private func named<Value: ~Copyable>(_ file: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as CaptureError {
      throw ReplayError(file: file, reason: error)
    }
  }
}

struct ReplayError: Error, CustomStringConvertible {
  var file: String
  var reason: CaptureError

  var description: String { "can't replay \(file): \(reason)" }
}

/// `--at N FILE`: ArgumentParser has no option with two values, so `joined` makes them one word before parsing.
struct SwitchArgument: ExpressibleByArgument {
  private static let separator: Character = " "
  var packet: Int
  var file: String

  init?(argument: String) {
    let parts = argument.split(separator: Self.separator, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let packet = Int(parts[0]), packet > 0 else { return nil }
    self.packet = packet
    file = String(parts[1])
  }

  /// The command line with the two words after each `--at` of `replay` joined.
  static func joined(_ arguments: [String]) -> [String] {
    guard arguments.first == "replay" else { return arguments }
    var joined: [String] = []
    var rest = arguments[...]
    while let word = rest.popFirst() {
      joined.append(word)
      guard word == "--at", let packet = rest.popFirst() else { continue }
      joined.append(([packet] + (rest.popFirst().map { [$0] } ?? [])).joined(separator: String(separator)))
    }
    return joined
  }
}
