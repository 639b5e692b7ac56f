import API
import ArgumentParser
import Model
import Reconciler

struct Announce: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell the neighbours that the VIPs are at this host.",
    discussion: """
      By ARP announcements (RFC 5227) and unsolicited neighbour advertisements (RFC 4861), twice, two seconds apart. The director does the \
      same by itself when it starts, when VIPs are added, and when an interface comes up or changes its MAC address; this is for a fail-over \
      that it can't see.
      """
  )

  @Argument(help: "One VIP; without it, all.", transform: ServerArguments.address)
  var vip: IPAddress?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  func run() async throws {
    let announced = try await daemon.client.announce(vip)
    try listing.show(announced) { announced.text }
  }
}

extension Announced {
  var text: String {
    let done = "announced \(vips.count == 1 ? "1 VIP" : "\(vips.count) VIPs")"
    guard let first = absent.first else { return done }
    let count = absent.count == 1 ? "\(first) is" : "\(first) and \(absent.count - 1) more are"
    return "\(done); \(count) on no attached interface that is up"
  }
}
