import AFXDP
import ArgumentParser
import Glibc
import Logging
import ServiceLifecycle
import SystemPackage

/// `sluice decap --interface DEV`: unwraps tunnel packets on a real server until a signal stops it.
///
/// It runs in the foreground, so that a service unit or a shell owns it and the XDP program goes when the process does. A command
/// that leaves the program attached, with a second one to detach it, was rejected: it needs a bpffs, and an operator who
/// remembers.
struct DecapCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decap",
    abstract: "Unwrap IP-in-IP, GUE and GRE on a real server without tunnel devices.",
    discussion: """
      Attaches an XDP program to the interface that receives the tunnel packets. IP-in-IP, GUE (variant 0) and GRE (RFC 2784) packets \
      to any address of this host are unwrapped, their checksums are verified, and the kernel receives the inner packet; so the VIP \
      must be on lo. Runs until SIGINT or SIGTERM, then detaches.
      """
  )

  @Option(help: "The interface that receives the tunnel packets.")
  var interface: String

  @Option(help: "The UDP port of GUE.")
  var guePort: UInt16 = Decap.guePort

  func validate() throws {
    if guePort == 0 {
      throw ValidationError("--gue-port 0 is not a port: give the server's tunnel-port, \(Decap.guePort) by default")
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
      "unwrapped \(counters.unwrapped) packets on \(interface), dropped \(counters.refused) invalid ones, "
        + "left \(counters.fragments) fragments to the kernel; detached"
    )
  }

  private func greeting(_ mode: Decap.Mode) -> String {
    let what = "unwrapping IP-in-IP, GUE (UDP port \(guePort)) and GRE on \(interface)"
    return switch mode {
    case .native: "\(what), in the driver"
    case .generic(let error):
      "\(what), by generic XDP, which is slower: the driver refused native XDP (\(Errno(rawValue: error)))"
    }
  }
}
