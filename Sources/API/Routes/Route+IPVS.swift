import IPVSAdm
import Model
import NIOPosix
import Reconciler

/// The body of `POST /v1/ipvs`.
package struct IPVSChange: Codable, Equatable, Sendable {
  package var commands: [TableCommand]

  package init(_ commands: [TableCommand]) { self.commands = commands }
}

extension Route {
  /// The table as ipvsadm knows it: its commands as one change, and its figures.
  static let ipvs: [Route] = [
    Route(method: .GET, template: "/v1/ipvs", queries: ["service"], isLarge: true) { call, director in
      let wanted = try call.serviceAsked()
      // Reads every worker's counters of every server, so it runs outside the cooperative pool.
      let figures = try await NIOThreadPool.singleton.runIfActive { director.figures(of: wanted) }
      if let wanted, figures.isEmpty { throw ServiceTableError.noSuchService(wanted) }
      return RouteResponse(
        value: TableReport(timeouts: .init(director.timeouts), services: figures.map(TableReport.ServiceReport.init))
      )
    },
    Route(method: .POST, template: "/v1/ipvs") { call, director in
      let commands = try await call.decode(IPVSChange.self).commands
      let applied = try await director.edit(before: try call.before(), live: LiveChange(commands)) { table in
        for (index, command) in commands.enumerated() {
          do throws(Refusal) {
            try command.apply(to: &table)
          } catch {
            throw CommandRefusal(refusal: error, number: commands.count > 1 ? index + 1 : nil)
          }
        }
      }
      for note in commands.flatMap(\.notes).prefix(mostNotes) { director.events.note(.tables, note) }
      return RouteResponse(value: applied)
    },
  ]

  /// Events of one change at most.
  private static let mostNotes = 8
}

/// Which command was refused, and why.
struct CommandRefusal: Error, Equatable {
  var refusal: Refusal
  /// From 1; nil for a change of one command.
  var number: Int?
}

extension LiveChange {
  /// What the commands change live the table. Of several `zero` the widest counts.
  init(_ commands: [TableCommand]) {
    self.init()
    for command in commands {
      switch command {
      case .set(let change):
        timeouts = TimeoutChange(
          established: change.established ?? timeouts.established,
          finWait: change.finWait ?? timeouts.finWait,
          udp: change.udp ?? timeouts.udp
        )
      case .zero(nil): zeroed = .all
      case .zero(let key?): if case .services(let keys) = zeroed { zeroed = .services(keys.union([key])) }
      default: break
      }
    }
  }
}

extension TableReport.ServiceReport {
  fileprivate init(_ figures: TrafficFigures) {
    self.init(
      figures.service,
      counts: TableReport.Figures(figures.counts),
      rates: TableReport.Figures(figures.rates),
      servers: figures.servers.map {
        TableReport.ServerReport(
          active: $0.live.active,
          inactive: $0.live.inactive,
          persistent: $0.live.persistent,
          counts: TableReport.Figures($0.counts),
          rates: TableReport.Figures($0.rates)
        )
      }
    )
  }
}

extension TableReport.Figures {
  fileprivate init(_ totals: Totals) {
    self.init(connections: totals.connections, packets: totals.packets, bytes: totals.bytes)
  }
}
