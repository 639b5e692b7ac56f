import Testing

@testable import Model

@Suite struct TunnelOptionsTests {
  /// A tunnel request, and the error that refuses it.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let method: ForwardingMethod
    let tunnel: TunnelOptions
    let error: String
    var server = IPAddress(192, 0, 2, 10)
    var testDescription: String { error }

    init(_ method: ForwardingMethod, _ tunnel: TunnelOptions, _ error: String) {
      (self.method, self.tunnel, self.error) = (method, tunnel, error)
    }

    /// A tunnel with the source that this text gives, to a server of either family.
    init(_ source: String, to server: String = "192.0.2.10", _ error: String) {
      let source: TunnelSource? = source.contains("/") ? AddressPrefix(source).map { .prefix($0) } : TunnelSource(source)
      self.init(.ipip, TunnelOptions(source: source), error)
      self.server = IPAddress(server) ?? self.server
    }
  }

  private static let v6 = "2001:db8::10"
  private static let routed = "give a prefix that is routed to this director"

  @Test(arguments: [
    Refusal(.direct, TunnelOptions(port: 6080), "'forward: direct' has no 'tunnel-port': remove it, or use 'forward: gue'"),
    Refusal(.ipip, TunnelOptions(port: 6080), "'forward: ipip' has no 'tunnel-port': remove it, or use 'forward: gue'"),
    Refusal(.gre, TunnelOptions(port: 6080), "'forward: gre' has no 'tunnel-port': remove it, or use 'forward: gue'"),
    Refusal(
      .direct,
      TunnelOptions(checksum: false),
      "'forward: direct' has no 'checksum': remove it, or use 'forward: gue' or 'forward: gre'"
    ),
    Refusal(
      .ipip,
      TunnelOptions(checksum: true),
      "'forward: ipip' has no 'checksum': remove it, or use 'forward: gue' or 'forward: gre'"
    ),
    Refusal(
      .direct,
      TunnelOptions(source: .interface),
      "'forward: direct' has no 'source' or 'entropy', since there is no outer header: remove it, or use a tunnel: ipip, gue or gre"
    ),
    Refusal(.gue, TunnelOptions(port: 0), "tunnel-port 0 is not in 1...65535: 6080 is the default"),
    Refusal(.gue, TunnelOptions(port: 65536), "tunnel-port 65536 is not in 1...65535: 6080 is the default"),
    Refusal("2001:db8::9", "the outer source is not IPv4 like the server: give an IPv4 address or prefix"),
    Refusal("10.0.0.9", to: v6, "the outer source is not IPv6 like the server: give an IPv6 address or prefix"),
    Refusal("10.200.0.0/16", to: v6, "the outer source is not IPv6 like the server: give an IPv6 address or prefix"),
    Refusal(
      "224.0.0.1",
      "source 224.0.0.1 is a multicast address: give a unicast address that is routed to this director"
    ),
    Refusal(
      "192.0.2.10",
      "source 192.0.2.10 is the server's own address: give a unicast address that is routed to this director"
    ),
    Refusal("10.200.0.0/32", "entropy 10.200.0.0/32 has an unsupported prefix length: use /1 to /31"),
    Refusal("0.0.0.0/0", "entropy 0.0.0.0/0 has an unsupported prefix length: use /1 to /31"),
    Refusal(
      "2001:db8::/63",
      to: v6,
      "entropy 2001:db8::/63 has an unsupported prefix length: use /64 to /127, since the flow hash fills 64 bits"
    ),
    Refusal(
      "2001:db8::1",
      to: "2001:db8::1",
      "source 2001:db8::1 is the server's own address: give a unicast address that is routed to this director"
    ),
    Refusal("10.200.0.1/16", "entropy 10.200.0.1/16 has bits set beyond its prefix length: write 10.200.0.0/16"),
    Refusal(
      "64.0.0.0/2",
      "entropy 64.0.0.0/2 contains a loopback address: \(routed)"
    ),
    Refusal(
      "128.0.0.0/1",
      "entropy 128.0.0.0/1 contains the broadcast address: \(routed)"
    ),
    Refusal(
      "ff02::/64",
      to: v6,
      "entropy ff02::/64 contains a multicast address: \(routed)"
    ),
    Refusal(
      "192.0.2.0/24",
      "entropy 192.0.2.0/24 contains the server's own address: \(routed)"
    ),
  ])
  func `impossible options are refused with a hint`(refusal: Refusal) throws {
    let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)
    let server = RealServer(refusal.server, method: refusal.method, tunnel: refusal.tunnel)
    let error = #expect(throws: ServiceTableError.self) {
      try ServiceTable(services: [VirtualService(web, servers: [server])])
    }
    let parts = refusal.error.split(separator: ": ", maxSplits: refusal.error.hasPrefix("'forward: ") ? 2 : 1)
    #expect(error?.code == "bad-tunnel")
    #expect(error?.server == ServerName(refusal.server, of: web))
    let what = parts.dropLast().joined(separator: ": ")
    #expect(error?.description == "\(what) (server \(refusal.server) of \(web)): \(parts.last ?? "")")
  }

  @Test func `a method has only its own options, with their defaults`() {
    let address = IPAddress(192, 0, 2, 10)
    #expect(RealServer(address).tunnel == TunnelOptions())
    #expect(RealServer(address, method: .ipip).tunnel == TunnelOptions(source: .interface))
    #expect(RealServer(address, method: .gue).tunnel == TunnelOptions(port: 6080, checksum: false, source: .interface))
    #expect(RealServer(address, method: .gre).tunnel == TunnelOptions(checksum: false, source: .interface))
  }

  @Test func `a change keeps the other options, another method keeps those that it has`() throws {
    let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)
    let (server, source) = (IPAddress(192, 0, 2, 10), IPAddress(10, 0, 0, 9))
    var table = try ServiceTable(services: [
      VirtualService(
        web,
        servers: [RealServer(server, method: .gue, tunnel: TunnelOptions(port: 7000, checksum: true, source: .address(source)))]
      )
    ])
    func tunnel() -> TunnelOptions? { table.service(web)?.server(ServerAddress(server))?.tunnel }
    try table.setServer(ServerAddress(server), of: web, tunnel: TunnelOptions(port: 7001))
    #expect(tunnel() == TunnelOptions(port: 7001, checksum: true, source: .address(source)))
    try table.setServer(ServerAddress(server), of: web, weight: 3)
    #expect(tunnel()?.port == 7001)
    try table.setServer(ServerAddress(server), of: web, method: .gre)
    #expect(tunnel() == TunnelOptions(checksum: true, source: .address(source)))
    let prefix = try #require(AddressPrefix("10.200.0.0/16"))
    try table.setServer(ServerAddress(server), of: web, tunnel: TunnelOptions(source: .prefix(prefix)))
    #expect(tunnel() == TunnelOptions(checksum: true, source: .prefix(prefix)))
    #expect(throws: ServiceTableError.badTunnel(.noPort(.gre), ServerAddress(server), web)) {
      try table.setServer(ServerAddress(server), of: web, tunnel: TunnelOptions(port: 7001))
    }
    try table.setServer(ServerAddress(server), of: web, method: .direct)
    #expect(tunnel() == TunnelOptions())
  }
}
