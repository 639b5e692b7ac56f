import API
import ArgumentParser
import Foundation
import Model
import Offline
import Reconciler

/// How long the flows of a server that is taken out may stay, and whether the command waits for their end.
struct DrainOptions: ParsableArguments {
  static let discussion = """
    A client of UDP that never pauses keeps a drained server for ever. With --deadline, flows that are left at that time follow the service's \
    on-server-loss, as if the server had been removed; it stays configured. The deadline is stored with the server, and survives a restart if it \
    is in the file ('--write').
    """

  @Flag(help: "Return when the last connection is gone, or at the deadline.")
  var wait = false

  @Option(help: "When connections that are left follow on-server-loss, from now on, such as 10m.", transform: DrainOptions.period)
  var deadline: Period?

  /// How often a waiting command asks.
  private static let interval: Duration = .seconds(1)
  private static let longest = Period.seconds(30 * 86_400)

  static func period(_ text: String) throws -> Period {
    guard let period = Period(text: text), (Period.seconds(1)...longest).contains(period) else {
      throw ValidationError("--deadline \(text) is not \(Period.form), from 1s to 720h")
    }
    return period
  }

  func carryOut(_ settings: ServerSettings, _ server: ServerArguments, _ edit: EditOptions) async throws {
    var settings = settings
    // Rounded up: no connection has less time than was asked for.
    let end = deadline.map { Int((Date.now.timeIntervalSince1970 + Double($0.milliseconds) / 1000).rounded(.up)) }
    settings.drainUntil = .some(end)
    try await edit.carryOut { try await $0.set(server.address, of: server.service.key, to: settings) }
    if wait { try await awaitEnd(server, edit) }
  }

  private func awaitEnd(_ server: ServerArguments, _ edit: EditOptions) async throws {
    var former: Int?
    while true {
      let details = try await edit.daemon.client.details(of: server.address, of: server.service.key)
      guard details.server.isTakenOut else {
        throw TakenBack(description: "\(server.address) takes new flows again: not waiting any longer")
      }
      let left = details.status.active + details.status.inactive
      if left == 0 { return say("no connection is left", edit) }
      // A second later the director has noticed, too.
      if let end = details.server.drainUntil, Date.now.timeIntervalSince1970 >= Double(end) + 1 {
        return say(
          "the deadline is over: what was left of \(left) connections follows on-server-loss (\(details.onServerLoss.rawValue))",
          edit
        )
      }
      if left != former { say(left == 1 ? "1 connection is left" : "\(left) connections are left", edit) }
      former = left
      try await Task.sleep(for: Self.interval)
    }
  }

  private func say(_ line: String, _ edit: EditOptions) {
    if edit.listing.json { return }
    print(line)
    // A pipe's reader should not have to wait for some kilobytes.
    fflush(nil)
  }
}

private struct TakenBack: Error, CustomStringConvertible { let description: String }
