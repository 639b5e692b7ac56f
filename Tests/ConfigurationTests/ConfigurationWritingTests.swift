import Foundation
import Testing

@testable import Configuration
@testable import Model

@Suite struct ConfigurationWritingTests {
  private func roundTrip(_ configuration: Configuration) throws -> Configuration {
    try Configuration(yaml: configuration.yaml, file: "written", needsInterfaces: false)
  }

  @Test func `a configuration of defaults is written and read back`() throws {
    #expect(try roundTrip(Configuration()) == Configuration())
    #expect(Configuration().yaml == "services: []\n")
  }

  @Test func `every setting other than the default is written and read back`() throws {
    var director = DirectorSettings(interfaces: ["eth0", "null", "1e3", "on", "-"])
    director.macAddresses = ["null": [MACAddress((2, 0, 0, 0, 0, 3))], "1e3": [MACAddress((0x10, 0, 0, 0, 0, 1))], "on": []]
    director.workers = .count(2)
    director.socket = "/var/run/with a # and: colon.sock"
    director.addresses = .external
    director.busyPoll = 20
    director.hugePages = .off
    director.mode = .generic
    director.copy = .zeroCopy
    director.checksums = .keep
    director.flows = 2048
    director.limits = Limits(services: 5, servers: 6, ringSlots: 2048)
    director.hooks = Hooks([.serverDown: "/usr/local/bin/notify  down: #1", .quorumUp: "none"])
    (director.hooks.user, director.hooks.timeout) = ("null", .seconds(90))
    let hooks = Hooks([.quorumLost: "/bin/true"])
    let timeouts = Timeouts(synReceived: 1, established: 2, finWait: 3, close: 4, udp: 5)
    let table = try ServiceTable(services: [
      VirtualService(
        #require(ServiceKey("udp [2001:db8::1]:0")),
        ringSize: 251,
        onServerLoss: .drop,
        noServer: .reset,
        sorry: SorryServer(#require(IPAddress("2001:db8::9")), method: .gre, tunnel: TunnelOptions(checksum: true)),
        servers: [
          RealServer(IPAddress(10, 0, 0, 3), weight: 7, method: .ipip),
          RealServer(IPAddress(10, 0, 0, 33), weight: 0, method: .ipip, drainUntil: 1_764_171_563),
          RealServer(IPAddress(10, 0, 0, 4), method: .gre),
          RealServer(
            IPAddress(10, 0, 0, 5),
            method: .gue,
            tunnel: TunnelOptions(port: 7000, checksum: true, source: .address(IPAddress(10, 0, 0, 9)))
          ),
          RealServer(
            #require(IPAddress("2001:db8::5")),
            method: .ipip,
            tunnel: TunnelOptions(source: .prefix(#require(AddressPrefix("2001:db8:1::/64"))))
          ),
          // A colon at the end would make a key of it.
          RealServer(
            #require(IPAddress("2001:db8:2::")),
            method: .ipip,
            tunnel: TunnelOptions(source: .address(#require(IPAddress("2001:db8:3::"))))
          ),
          RealServer(#require(IPAddress("2001:db8:4::")), method: .direct, upperThreshold: 9, lowerThreshold: 3),
          RealServer(#require(IPAddress("2001:db8::6")), port: 8080, weight: 1 << 30, method: .masquerade),
        ]
      ),
      VirtualService(
        #require(ServiceKey("udp 10.0.0.2:53")),
        scheduler: .mh,
        flags: [.fallback, .port, .third],
        ringSize: .slots(65521),
        persistence: Persistence(timeout: 77, netmask: 0xffff_0000),
        onePacket: true
      ),
      VirtualService(#require(ServiceKey("fwmark6 7")), persistence: Persistence(netmask: 64)),
      VirtualService(#require(ServiceKey("sctp 10.0.0.2:80")), scheduler: .lblcr),
      VirtualService(#require(ServiceKey("tcp 10.0.0.1:80")), hooks: hooks),
      VirtualService(#require(ServiceKey("tcp 10.0.0.1:81")), hooks: Hooks()),
    ])
    let configuration = Configuration(director: director, timeouts: timeouts, table: table)
    #expect(try roundTrip(configuration) == configuration)
  }

  @Test(arguments: [
    "sluice", " ", "true", "~", "null", "0x10", "'", "\"", "\\", "a: b", "# no", "- x", "[", "{}", "%", "@", "&a", "*a", "!t",
    "|", "\n", "\t",
    "\u{7f}", "\u{85}", "\u{2028}", "\u{0}", "ключ", "\u{1f511}", "a\u{301}",
  ])
  func `any hash key is read back unchanged`(text: String) throws {
    var director = DirectorSettings()
    director.hashKeyText = text
    let read = try Configuration(yaml: Configuration(director: director).yaml, file: "written", needsInterfaces: false)
    #expect(read.director.hashKeyText.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
  }

  @Test func `the file is written in a readable form`() throws {
    let source = TunnelOptions(source: .prefix(try #require(AddressPrefix("10.200.0.0/16"))))
    let servers = [
      RealServer(IPAddress(10, 0, 0, 2)), RealServer(IPAddress(10, 0, 0, 3), weight: 0, method: .ipip),
      RealServer(IPAddress(10, 0, 0, 4), method: .gue, tunnel: source),
    ]
    let table = try ServiceTable(services: [
      VirtualService(
        ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80),
        sorry: SorryServer(IPAddress(10, 0, 0, 9)),
        servers: servers
      )
    ])
    #expect(
      Configuration(director: DirectorSettings(interfaces: ["eth0"]), table: table).yaml == """
        director:
          interfaces: [eth0]
        services:
          - service: tcp 10.0.0.100:80
            scheduler: maglev
            ring: auto
            on-server-loss: rehash
            no-server: unreachable
            sorry:
              address: 10.0.0.9
              forward: direct
            servers:
              - address: 10.0.0.2
                weight: 1
                forward: direct
              - address: 10.0.0.3
                weight: 0
                forward: ipip
              - address: 10.0.0.4
                weight: 1
                forward: gue
                tunnel-port: 6080
                checksum: false
                entropy: 10.200.0.0/16

        """
    )
  }

  /// The package's folder, from this file's path.
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func `the example file is valid, and it shows the actual defaults`() throws {
    let text = try String(contentsOf: Self.root.appending(path: "Docs/sluice.example.yaml"), encoding: .utf8)
    let read = try Configuration(yaml: text, file: "sluice.example.yaml")
    var usual = DirectorSettings(interfaces: ["eth0"])
    usual.hashKeyText = HashKey.defaultText
    #expect(read.director == usual)
    #expect(read.timeouts == Timeouts())
    let service = try #require(read.table.services.first)
    let sorry = SorryServer(IPAddress(10, 0, 0, 9))
    #expect(VirtualService(service.key, sorry: sorry, check: service.check, servers: service.servers) == service)
    // A kind and a path must be given; nothing else changes by leaving it out.
    let least = HealthCheck(["kind": .text("http"), "path": .text("/")])
    #expect(try service.check?.check(of: service.key) == least.check(of: service.key))
    #expect(service.servers.map(\.weight) == [1, 1, 2, 1])
    #expect(service.servers.map(\.method) == [.direct, .direct, .gue, .ipip])
    #expect(service.servers[2] == RealServer(service.servers[2].address, weight: 2, method: .gue))
  }
}
