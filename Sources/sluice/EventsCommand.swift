import API
import ArgumentParser
import Foundation
import Model
import Reconciler

struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Show what happened to the director, who changed it, and what it did about it.",
    discussion: """
      Changes of the services with who made them, health of real servers, paths to them, interfaces, the attached program, VIPs on the host, \
      capacities that are nearly used up. The daemon remembers the last \(EventLog.capacity), also across its restarts. Docs/events.md \
      describes them.
      """
  )

  @Flag(help: "Go on and show new events as they come. With --json, a JSON object a line.")
  var follow = false

  @Option(help: "Only events since then: a time such as 2026-11-26T10:00:00Z, or how long ago, such as 10m.")
  var since: EventTime?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  /// Pause before a following command asks again when the daemon has answered at once, without an event.
  private static let pause: Duration = .milliseconds(500)

  func run() async throws {
    var last: UInt64 = 0
    var all: [Event] = []
    while true {
      let asked = ContinuousClock.now
      let events = try await daemon.client.events(after: last, since: since?.seconds, wait: follow).events
      if listing.json, !follow { all += events } else { try show(events, after: last) }
      last = events.last?.number ?? last
      if !follow, events.count < EventLog.page { break }
      if events.isEmpty, .now - asked < Self.pause { try await Task.sleep(for: Self.pause) }
    }
    if listing.json { return try listing.showJSON(EventList(events: all)) }
    if last == 0 { print(since == nil ? "no events so far" : "no events since then") }
  }

  private func show(_ events: [Event], after last: UInt64) throws {
    var lines: [String] = []
    if !listing.json, let first = events.first, last > 0 || follow, since == nil, first.number > last + 1 {
      lines.append("(\(first.number - last - 1) older events are forgotten)")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for event in events {
      lines.append(listing.json ? String(decoding: try encoder.encode(event), as: UTF8.self) : event.line)
    }
    // Not by `print`, which keeps lines for a pipe until it has some kilobytes.
    FileHandle.standardOutput.write(Data(lines.map { $0 + "\n" }.joined().utf8))
  }
}

/// A time on the command line: a moment, or how long ago.
struct EventTime: ExpressibleByArgument {
  /// Since 1970.
  let seconds: Double

  init?(argument: String) {
    if let period = Period(text: argument) {
      seconds = Date.now.timeIntervalSince1970 - Double(period.milliseconds) / 1000
      return
    }
    let styles = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
    guard let date = styles.lazy.compactMap({ try? $0.parse(argument) }).first else { return nil }
    seconds = date.timeIntervalSince1970
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
