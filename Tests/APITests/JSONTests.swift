import Foundation
import Testing

@testable import API
@testable import Model
@testable import Reconciler

@Suite struct JSONTests {
  private let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)

  private func decode<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(json.utf8))
  }

  @Test func `a table is written with the keys of the configuration file, and read back`() throws {
    let servers = [RealServer(IPAddress(10, 0, 0, 2)), RealServer(IPAddress(10, 0, 0, 3), weight: 0, method: .ipip)]
    let table = try ServiceTable(services: [VirtualService(web, ringSize: 251, onServerLoss: .drop, servers: servers)])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let json = String(decoding: try encoder.encode(table), as: UTF8.self)
    #expect(
      json == #"{"services":[{"no-server":"unreachable","on-server-loss":"drop","ring":251,"scheduler":"maglev","servers":["#
        + #"{"address":"10.0.0.2","forward":"direct","weight":1},{"address":"10.0.0.3","forward":"ipip","source":"interface","weight":0}],"#
        + #""service":"tcp 10.0.0.100:80","takes-host":false}]}"#
    )
    #expect(try decode(ServiceTable.self, json) == table)
  }

  @Test func `a tunnel's options are written beside the method, and read back`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let address = IPAddress(10, 0, 0, 2)
    let servers: [(RealServer, String)] = [
      (
        RealServer(address, method: .gue),
        #"{"address":"10.0.0.2","checksum":false,"forward":"gue","source":"interface","tunnel-port":6080,"weight":1}"#
      ),
      (
        RealServer(address, method: .gre, tunnel: TunnelOptions(checksum: true, source: .address(IPAddress(10, 0, 0, 9)))),
        #"{"address":"10.0.0.2","checksum":true,"forward":"gre","source":"10.0.0.9","weight":1}"#
      ),
      (
        RealServer(
          address,
          method: .ipip,
          tunnel: TunnelOptions(source: .prefix(try #require(AddressPrefix("10.200.0.0/16"))))
        ),
        #"{"address":"10.0.0.2","entropy":"10.200.0.0/16","forward":"ipip","weight":1}"#
      ),
    ]
    for (server, json) in servers {
      #expect(String(decoding: try encoder.encode(server), as: UTF8.self) == json)
      #expect(try decode(RealServer.self, json) == server)
      let settings = ServerSettings(weight: server.weight, forward: server.method, tunnel: server.tunnel)
      let body = String(decoding: try encoder.encode(settings), as: UTF8.self)
      #expect(body == json.replacing(#""address":"10.0.0.2","#, with: ""))
      #expect(try decode(ServerSettings.self, body) == settings)
    }
  }

  @Test func `a sorry server is read as an address or an object, written as an object, and taken away by null`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let sorry = SorryServer(IPAddress(10, 0, 0, 9))
    #expect(try decode(SorryServer.self, #""10.0.0.9""#) == sorry)
    let json = String(decoding: try encoder.encode(sorry), as: UTF8.self)
    #expect(json == #"{"address":"10.0.0.9","forward":"direct"}"#)
    #expect(try decode(SorryServer.self, json) == sorry)
    let service = VirtualService(web, noServer: .reset, sorry: SorryServer(IPAddress(10, 0, 0, 9), method: .gue))
    #expect(try JSONDecoder().decode(VirtualService.self, from: encoder.encode(service)) == service)
    let bodies: [(ServiceSettings, String)] = [
      (ServiceSettings(), "{}"), (ServiceSettings(sorry: .some(nil)), #"{"sorry":null}"#),
      (
        ServiceSettings(noServer: .reset, sorry: sorry),
        #"{"no-server":"reset","sorry":{"address":"10.0.0.9","forward":"direct"}}"#
      ),
    ]
    for (settings, json) in bodies {
      #expect(String(decoding: try encoder.encode(settings), as: UTF8.self) == json)
      #expect(try decode(ServiceSettings.self, json) == settings)
    }
  }

  @Test(arguments: [
    (#"{"service":"tcp 10.0.0.100:80","sorry":"10.0.0"}"#, "sorry: '10.0.0' is not an IPv4 or IPv6 address"),
    (
      #"{"service":"tcp 10.0.0.100:80","sorry":{"address":"10.0.0.9","weight":1}}"#,
      "sorry: unknown field 'weight': use one of address, forward, tunnel-port, checksum, source, entropy"
    ),
    (#"{"service":"tcp 10.0.0.100:80","sorry":{}}"#, "sorry: the field 'address' is missing"),
    (
      #"{"service":"tcp 10.0.0.100:80","no-server":"silent"}"#,
      "no-server: Cannot initialize NoServerAnswer from invalid String value silent"
    ),
  ])
  func `a sorry server or an answer that can't be read is reported in one line`(json: String, line: String) {
    let error = #expect(throws: DecodingError.self) { try decode(VirtualService.self, json) }
    #expect(error?.line == line)
  }

  @Test func `what is left out has its default`() throws {
    #expect(try decode(VirtualService.self, #"{"service":"tcp 10.0.0.100:80"}"#) == VirtualService(web))
    #expect(try decode(RealServer.self, #"{"address":"10.0.0.2"}"#) == RealServer(IPAddress(10, 0, 0, 2)))
  }

  @Test func `changes are written for programs`() throws {
    let change = ConfigurationChange(
      action: .change,
      service: web,
      server: ServerAddress(IPAddress(10, 0, 0, 2)),
      settings: [.init(name: "weight", from: "1", to: "0")]
    )
    let json = try JSONEncoder().encode(change)
    #expect(try JSONDecoder().decode(ConfigurationChange.self, from: json) == change)
  }

  @Test(arguments: [
    (#"{"service":"tcp 10.0.0.100:80","rign":251}"#, "unknown field 'rign': did you mean 'ring'?"),
    (
      #"{"service":"tcp 10.0.0.100:80","zzzzzz":1}"#,
      "unknown field 'zzzzzz': use one of service, scheduler, scheduler-flags, ring, persistence, one-packet, on-server-loss, no-server, sorry, takes-host, check, hooks, servers"
    ),
    (#"{"ring":251}"#, "the field 'service' is missing"),
    (#"{"service":"tcp 10.0.0.100"}"#, "service: 'tcp 10.0.0.100' is not \(ServiceKey.form)"),
    (#"{"service":7}"#, "service: expected text"),
    (#"{"service":"tcp 10.0.0.100:80","ring":"251"}"#, "ring: expected a whole number or \"auto\""),
    (
      #"{"service":"tcp 10.0.0.100:80","servers":[{"address":"10.0.0.2","wieght":1}]}"#,
      "servers[0]: unknown field 'wieght': did you mean 'weight'?"
    ),
    (
      #"{"service":"tcp 10.0.0.100:80","servers":[{"address":"10.0.0"}]}"#,
      "servers[0].address: '10.0.0' is not an IPv4 or IPv6 address, with a port if it is not the service's: 10.0.0.2 or 10.0.0.2:8080"
    ),
    (
      #"{"service":"tcp 10.0.0.100:80","servers":[{"address":"10.0.0.2","tunnel-port":"6080"}]}"#,
      "servers[0].tunnel-port: expected a whole number"
    ),
    (
      #"{"service":"tcp 10.0.0.100:80","servers":[{"address":"10.0.0.2","checksum":1}]}"#,
      "servers[0].checksum: expected true or false"
    ),
    (
      #"{"service":"tcp 10.0.0.100:80","servers":[{"address":"10.0.0.2","source":"eth0"}]}"#,
      "servers[0].source: 'eth0' is not \(TunnelSource.form)"
    ),
    (
      #"{"service":"tcp 10.0.0.100:80","servers":[{"address":"10.0.0.2","entropy":"10.0.0.0/40"}]}"#,
      "servers[0].entropy: '10.0.0.0/40' is not \(AddressPrefix.form)"
    ),
    (
      #"{"service":"tcp 10.0.0.100:80","servers":[{"address":"10.0.0.2","entropy":"10.0.0.0/8","source":"interface"}]}"#,
      "servers[0].entropy: \(TunnelOptions.bothSources)"
    ),
  ])
  func `what can't be read is reported in one line`(json: String, line: String) {
    let error = #expect(throws: DecodingError.self) { try decode(VirtualService.self, json) }
    #expect(error?.line == line)
  }

  @Test func `what can be read but can't be is the table's error`() {
    #expect(throws: ServiceTableError.badRingSize(7, .maglev, web)) {
      try decode(ServiceTable.self, #"{"services":[{"service":"tcp 10.0.0.100:80","ring":7}]}"#)
    }
  }

  @Test func `the nearest known name is suggested, and none when none is near`() {
    let known = ["service", "servers", "weight"]
    #expect(UnknownName.nearest(to: "wieght", in: known) == "weight")
    #expect(UnknownName.nearest(to: "Weight", in: known) == "weight")
    #expect(UnknownName.nearest(to: "server", in: known) == "servers")
    #expect(UnknownName.nearest(to: "upd", in: ["udp", "close"]) == "udp", "two swapped letters are one slip")
    #expect(UnknownName.nearest(to: "colour", in: known) == nil)
    #expect(UnknownName.nearest(to: "", in: known) == nil)
    #expect(UnknownName.nearest(to: String(repeating: "x", count: 100_000), in: known) == nil)
  }
}
