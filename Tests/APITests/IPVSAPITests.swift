import PlainDirector
import Testing

@testable import API
@testable import IPVSAdm
@testable import Model
@testable import Reconciler

/// ipvsadm's table through the API.
@Suite struct IPVSAPITests {
  private static let dns = ServiceKey(.udp, IPAddress(10, 0, 0, 100), port: 53)

  @Test func `commands of every kind are one change, and their JSON is read as it was written`() async throws {
    try await LiveAPI.run { api in
      let server = RealServer(
        Sample.second,
        port: 8080,
        weight: 70_000,
        method: .masquerade,
        upperThreshold: 9,
        lowerThreshold: 3
      )
      let commands: [TableCommand] = [
        .clear,
        .addService(
          .init(Self.dns, scheduler: "sh", flags: [.port], persistence: .init(timeout: 60, netmask: 0), onePacket: true)
        ),
        .addServer(server, Self.dns), .addServer(RealServer(Sample.first), Self.dns),
        .editServer(RealServer(Sample.first, method: .gue, tunnel: TunnelOptions(port: 99, checksum: true)), Self.dns),
        .addService(.init(ServiceKey(mark: 7, isIPv4: false))),
        .editService(.init(ServiceKey(mark: 7, isIPv4: false), scheduler: "mh")),
        .addService(.init(Sample.web)), .deleteService(Sample.web), .deleteServer(ServerAddress(Sample.first), Self.dns),
        .zero(nil), .zero(Self.dns), .set(TimeoutChange(established: 100, udp: 7)),
      ]
      #expect(try await api.client.carryOut(commands).generation == 2)
      let report = try await api.client.tableReport()
      #expect(report.timeouts == .init(Timeouts(established: 100, finWait: 120, udp: 7)))
      #expect(report.services.map(\.service.key) == [Self.dns, ServiceKey(mark: 7, isIPv4: false)])
      #expect(report.services.first?.service.servers == [server])
      #expect(try await api.client.tableReport(of: Self.dns).services == report.services.prefix(1).map { $0 })
    }
  }

  @Test func `the refusal of one command changes nothing, and says which it was`() async throws {
    try await LiveAPI.run { api in
      let before = try await api.client.services()
      let commands: [TableCommand] = [
        .clear, .addService(.init(Self.dns)), .set(TimeoutChange(udp: 7)), .addServer(RealServer(Sample.first), Sample.web),
      ]
      await #expect(throws: APIError(status: 404, code: "no-such-service", message: "command 4: Service not defined")) {
        try await api.client.carryOut(commands)
      }
      await #expect(throws: APIError(status: 409, code: "service-exists", message: "Service already exists")) {
        try await api.client.carryOut([.addService(.init(Sample.web))])
      }
      #expect(try await api.client.services() == before)
      #expect(try await api.client.tableReport().timeouts == .init(Timeouts()))
    }
  }

  @Test func `zero sets back what ipvsadm shows, and no other count`() async throws {
    try await LiveAPI.run { api in
      _ = try await api.client.carryOut([.addServer(RealServer(Sample.second), Sample.web)])
      api.plain.send(5, to: Sample.first, of: Sample.web)
      api.plain.send(7, to: Sample.second, of: Sample.web)
      #expect(try await Self.counts(api) == [12, 5, 7])
      #expect(try await api.client.carryOut([.zero(Sample.web)]).changes == [])
      #expect(try await Self.counts(api) == [0, 0, 0])
      api.plain.send(1, to: Sample.second, of: Sample.web)
      #expect(try await Self.counts(api) == [1, 0, 1])
      #expect(try await api.client.status().services.first?.totals.packets == 13)
      // A removed server's packets stay its service's.
      _ = try await api.client.carryOut([.deleteServer(ServerAddress(Sample.second), Sample.web)])
      #expect(try await Self.counts(api) == [1, 0])
    }
  }

  /// Packets of the service and of its servers.
  private static func counts(_ api: LiveAPI) async throws -> [UInt64] {
    let report = try #require(try await api.client.tableReport(of: Sample.web).services.first)
    return [report.counts.packets] + report.servers.map(\.counts.packets)
  }

  @Test func `what is only kept is an event`() async throws {
    try await LiveAPI.run { api in
      _ = try await api.client.carryOut([.addServer(RealServer(Sample.second, method: .masquerade), Sample.web)])
      let events = try await api.client.events().events
      #expect(events.contains { $0.text.hasPrefix("server 10.0.0.3 of tcp 10.0.0.100:80: masquerading is not forwarded") })
    }
  }
}
