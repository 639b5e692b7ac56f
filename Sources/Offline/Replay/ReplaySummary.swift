import Configuration
import Model
import Reconciler

/// The totals of a replay.
package struct ReplaySummary: Equatable, Sendable {
  package struct Ending: Hashable, Sendable {
    package var verdict: String
    package var reason: String
    package var meaning: String
  }

  package struct Target: Hashable, Sendable {
    package var service: ServiceKey
    package var server: IPAddress
  }

  package private(set) var packets = 0
  package private(set) var written = 0
  package private(set) var endings: [Ending: Int] = [:]
  /// Packets sent, by service and real server.
  package private(set) var targets: [Target: Int] = [:]
  /// Problems of the configuration, one line each.
  package private(set) var notes: [String] = []
  private var noted: Set<String> = []

  mutating func count(_ line: ReplayLine) {
    let played = line.played
    packets += 1
    written += line.output.count
    endings[Ending(verdict: played.verdict, reason: played.reason, meaning: played.meaning), default: 0] += 1
    if played.interface != nil, let service = played.service, let server = played.server {
      targets[Target(service: service, server: server), default: 0] += 1
    }
  }

  /// Adds a note unless there is one about the subject.
  mutating func note(_ text: String, about subject: String) {
    if noted.insert(subject).inserted { notes.append(text) }
  }
}
