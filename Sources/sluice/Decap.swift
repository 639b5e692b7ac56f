import AFXDP
import ArgumentParser
import Glibc
import Logging
import ServiceLifecycle
import SystemPackage

/// `sluice decap --interface DEV`: unwraps tunnels on a real server until told to stop.
///
/// In the foreground, so that a service unit or a shell owns it and the program never outlives the one who wanted it. A command that
/// leaves its program behind, and another to take it away, were rejected: they need bpffs, and someone to remember.
struct DecapCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decap",
    abstract: "Unwrap IP-in-IP, GUE and GRE on a real server that has no devices for them.",
    discussion: """
      Attaches an XDP program to the interface that tunnel packets come in by. IP-in-IP, GUE (variant 0) and GRE (RFC 2784) to \
      any of this host's addresses are unwrapped, their checksums verified, and the kernel receives the inner packet; put the virtual \
      address on lo for it. Runs until SIGINT or SIGTERM, then detaches.
      """
  )

  @Option(help: "The interface that tunnel packets come in by.")
  var interface: String

  @Option(help: "The UDP port that GUE comes to.")
  var guePort: UInt16 = Decap.guePort

  func validate() throws {
    if guePort == 0 {
      throw ValidationError("--gue-port is 0, which is no port: directors send to \(Decap.guePort) unless reported otherwise")
    }
  }

  func run() async throws {
    let group = ServiceGroup(
      services: [DecapService(interface: interface, guePort: guePort)],
      gracefulShutdownSignals: [.sigterm, .sigint, .sighup],
      logger: .sluice
    )
    try await group.run()
  }
}

/// The program on its interface, from a start to a signal.
private struct DecapService: Service {
  let interface: String
  let guePort: UInt16

  func run() async throws {
    var decap = try Decap(interface: interface, guePort: guePort)
    try decap.refreshAddresses()
    print(greeting(decap.mode))
    fflush(nil)

    while !Task.isShuttingDownGracefully {
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
      try decap.refreshAddresses()
    }

    let counters = decap.counters
    print(
      "unwrapped \(counters.unwrapped) packets on \(interface), refused \(counters.refused) broken ones, "
        + "left \(counters.fragments) fragments to the kernel; detached"
    )
  }

  private func greeting(_ mode: Decap.Mode) -> String {
    let what = "unwrapping IP-in-IP, GUE (UDP port \(guePort)) and GRE on \(interface)"
    return switch mode {
    case .native: "\(what), in the driver"
    case .generic(let error): "\(what), by generic XDP, which is slower: the driver says \(Errno(rawValue: error))"
    }
  }
}
