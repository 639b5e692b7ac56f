import Testing

@testable import Configuration
@testable import Model

@Suite struct ConfigurationReadingTests {
  @Test func `a file with only the interfaces gets the default for every other setting`() throws {
    let read = try Configuration(yaml: "director: { interfaces: [eth0] }", file: "a.yaml")
    #expect(read == Configuration(director: DirectorSettings(interfaces: ["eth0"])))
    #expect(read.director.workers == .all)
    #expect(read.director.socket == "/run/sluice/sluice.sock")
    #expect(read.director.hashKey == HashKey("sluice"))
    #expect(read.director.flows == 1 << 19)
    #expect(read.timeouts == Timeouts(synReceived: 60, established: 900, finWait: 120, close: 10, udp: 300))
  }

  @Test func `every key is read`() throws {
    let longest = String(repeating: "s", count: 102)
    let read = try Configuration(
      yaml: """
        director:
          interfaces: [eth0, "eth1"]
          mac-addresses: { eth1: [02:00:00:00:00:03, "00:00:5e:00:01:33"] }
          workers: 4
          socket: /\(longest)
          addresses: external
          busy-poll: 50
          huge-pages: on
          mode: native
          copy: zero-copy
          checksums: complete
          hash-key: no
          flows: 4096
          limits: { services: 10, servers: 20, ring-slots: 4096 }
        timeouts: { syn-received: 1, established: 2, fin-wait: 3, close: 4, udp: 5 }
        services:
          - service: tcp 10.0.0.100:80
            scheduler: maglev
            ring: 251
            on-server-loss: drop
            no-server: reset
            sorry: { address: 10.0.0.9, forward: gue, tunnel-port: 7000 }
            servers:
              - address: 10.0.0.2
                weight: 0
                forward: ipip
              - address: 10.0.0.3
              - { address: 10.0.0.4, forward: gue }
              - { address: 10.0.0.5, forward: gue, tunnel-port: 7000, checksum: true, source: 10.0.0.9 }
              - { address: 10.0.0.6, forward: gre, checksum: false, entropy: 10.200.0.0/16 }
              - { address: 10.0.0.7, forward: ipip, source: interface }
          - service: udp [2001:db8::1]:0
            sorry: 2001:db8::9
        """,
      file: "a.yaml"
    )
    var director = DirectorSettings(interfaces: ["eth0", "eth1"])
    director.macAddresses = ["eth1": [MACAddress((2, 0, 0, 0, 0, 3)), MACAddress((0, 0, 0x5e, 0, 1, 0x33))]]
    director.workers = .count(4)
    director.socket = "/\(longest)"
    director.addresses = .external
    director.busyPoll = 50
    director.hugePages = .on
    director.mode = .native
    director.copy = .zeroCopy
    director.checksums = .complete
    director.hashKeyText = "no"
    director.flows = 4096
    director.limits = Limits(services: 10, servers: 20, ringSlots: 4096)
    let dns = try #require(ServiceKey("udp [2001:db8::1]:0"))
    let prefix = try #require(AddressPrefix("10.200.0.0/16"))
    let table = try ServiceTable(services: [
      VirtualService(
        ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80),
        ringSize: 251,
        onServerLoss: .drop,
        noServer: .reset,
        sorry: SorryServer(IPAddress(10, 0, 0, 9), method: .gue, tunnel: TunnelOptions(port: 7000)),
        servers: [
          RealServer(IPAddress(10, 0, 0, 2), weight: 0, method: .ipip), RealServer(IPAddress(10, 0, 0, 3)),
          RealServer(
            IPAddress(10, 0, 0, 4),
            method: .gue,
            tunnel: TunnelOptions(port: 6080, checksum: false, source: .interface)
          ),
          RealServer(
            IPAddress(10, 0, 0, 5),
            method: .gue,
            tunnel: TunnelOptions(port: 7000, checksum: true, source: .address(IPAddress(10, 0, 0, 9)))
          ),
          RealServer(IPAddress(10, 0, 0, 6), method: .gre, tunnel: TunnelOptions(source: .prefix(prefix))),
          RealServer(IPAddress(10, 0, 0, 7), method: .ipip),
        ]
      ),
      VirtualService(dns, sorry: SorryServer(try #require(IPAddress("2001:db8::9")))),
    ])
    let timeouts = Timeouts(synReceived: 1, established: 2, finWait: 3, close: 4, udp: 5)
    #expect(read == Configuration(director: director, timeouts: timeouts, table: table))
  }

  @Test func `a file for 'sluice apply' needs no director section`() throws {
    let read = try Configuration(yaml: "services: []", file: "a.yaml", needsInterfaces: false)
    #expect(read == Configuration())
  }

  @Test func `a file that is not UTF-8 is refused with that reason`() {
    #expect(throws: ConfigurationError(file: "a.yaml", what: "the file is not UTF-8 text", hint: "save it as UTF-8")) {
      try Configuration(utf8: [0x61, 0xff], file: "a.yaml")
    }
  }

  @Test func `lists nested a hundred thousand deep are an error, not a crash`() {
    #expect(throws: ConfigurationError.self) {
      try Configuration(yaml: String(repeating: "[", count: 100_000), file: "a.yaml")
    }
  }
}
