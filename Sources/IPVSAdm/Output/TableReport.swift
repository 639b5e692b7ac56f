import Model

/// The table with its figures at one moment: what the lists are made of.
package struct TableReport: Equatable, Sendable, Codable {
  package var timeouts: Seconds
  /// In the configured order.
  package var services: [ServiceReport]

  package init(timeouts: Seconds = Seconds(Timeouts()), services: [ServiceReport] = []) {
    self.timeouts = timeouts
    self.services = services
  }

  /// What `--timeout` lists.
  package struct Seconds: Equatable, Sendable, Codable {
    package var established: Int
    package var finWait: Int
    package var udp: Int

    package init(_ timeouts: Timeouts) { (established, finWait, udp) = (timeouts.established, timeouts.finWait, timeouts.udp) }

    package enum CodingKeys: String, CodingKey {
      case established, udp
      case finWait = "fin-wait"
    }
  }

  /// Counts since the last `--zero`, or how many a second. Answers don't pass a director that routes directly or tunnels, so there are no
  /// figures of them.
  package struct Figures: Equatable, Sendable, Codable {
    package var connections: UInt64
    package var packets: UInt64
    package var bytes: UInt64

    package init(connections: UInt64 = 0, packets: UInt64 = 0, bytes: UInt64 = 0) {
      self.connections = connections
      self.packets = packets
      self.bytes = bytes
    }

    static func + (left: Self, right: Self) -> Self {
      Self(
        connections: left.connections &+ right.connections,
        packets: left.packets &+ right.packets,
        bytes: left.bytes &+ right.bytes
      )
    }
  }

  package struct ServiceReport: Equatable, Sendable, Codable {
    package var service: VirtualService
    package var counts: Figures
    package var rates: Figures
    /// One for each of the service's servers, in their order.
    package var servers: [ServerReport]

    package init(
      _ service: VirtualService,
      counts: Figures = Figures(),
      rates: Figures = Figures(),
      servers: [ServerReport]? = nil
    ) {
      self.service = service
      self.counts = counts
      self.rates = rates
      self.servers = servers ?? service.servers.map { _ in ServerReport() }
    }
  }

  package struct ServerReport: Equatable, Sendable, Codable {
    package var active: Int
    package var inactive: Int
    package var persistent: Int
    package var counts: Figures
    package var rates: Figures

    package init(
      active: Int = 0,
      inactive: Int = 0,
      persistent: Int = 0,
      counts: Figures = Figures(),
      rates: Figures = Figures()
    ) {
      self.active = active
      self.inactive = inactive
      self.persistent = persistent
      self.counts = counts
      self.rates = rates
    }
  }

  /// Of a table without figures.
  package init(_ table: ServiceTable, timeouts: Timeouts = Timeouts()) {
    self.init(timeouts: Seconds(timeouts), services: table.services.map { ServiceReport($0) })
  }
}
