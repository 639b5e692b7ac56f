import API
import ArgumentParser
import Foundation
import Reconciler

struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Show what happened around the director, and what it did about it.",
    discussion: """
      Changes of interfaces, of the attached program, of VIPs on the host and of the paths to real servers, as the daemon's log has them. The \
      daemon remembers the last \(EventLog.capacity).
      """
  )

  @Flag(help: "Go on and show new events as they come.")
  var follow = false

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  /// How often a following command asks.
  private static let interval: Duration = .milliseconds(500)

  func run() async throws {
    var last: UInt64 = 0
    repeat {
      let list = try await daemon.client.events(after: last)
      try show(list, after: last)
      last = list.events.last?.number ?? last
      if follow { try await Task.sleep(for: Self.interval) }
    } while follow
  }

  private func show(_ list: EventList, after last: UInt64) throws {
    if listing.json {
      if !follow || !list.events.isEmpty { try listing.showJSON(list) }
      return
    }
    if let first = list.events.first, last > 0 || follow, first.number > last + 1 {
      print("(\(first.number - last - 1) older events are forgotten)")
    }
    for event in list.events { print(event.line) }
    if list.events.isEmpty, !follow { print("no events so far") }
  }
}

extension Event {
  /// In local time, as the journal shows it.
  fileprivate var line: String {
    let date = Date(timeIntervalSince1970: time).formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .colon)
    )
    return "\(date)  \(kind.rawValue)  \(text)"
  }
}
