import AFXDP
import ArgumentParser
import Configuration
import Netlink

/// `sluice detach`: removes what a daemon left on purpose (`run --keep-steering`) or by a crash, when no other is to follow.
struct Detach: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove the steering program and VIPs that a stopped or killed director left.",
    discussion: """
      After a crash, and after SIGTERM with 'run --keep-steering', steering and VIPs stay for the next start. Without a next start, this \
      leaves the host as it was before Sluice. Refused while a director runs on one of the interfaces.
      """
  )

  @Option(help: "The configuration file that the director had.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String

  func run() throws {
    let settings = try Configuration(utf8: Configuration.bytes(of: config), file: config).director
    var removed = 0
    // The VIPs first, as at a stop.
    let detached = try Engine.detach(from: settings.interfaces) {
      if settings.addresses == .managed { removed = try removeVIPs() }
    }
    print(
      detached.isEmpty && removed == 0
        ? "nothing was left on \(settings.interfaces.joined(separator: ", "))"
        : "detached from \(detached.isEmpty ? "no interface" : detached.joined(separator: ", ")), \(removed) VIPs removed"
    )
  }

  private func removeVIPs() throws -> Int {
    let monitor = try KernelMonitor()
    var addresses = VirtualAddresses()
    var removed = 0
    // Each call is bounded by its time; ten seconds are enough for ten thousand IPv6 addresses.
    for _ in 0..<10 {
      let outcome = addresses.reconcile([], on: monitor)
      removed += outcome.removed.count
      if let failed = outcome.failed.first { throw failed.error }
      if !outcome.more { break }
    }
    return removed
  }
}
