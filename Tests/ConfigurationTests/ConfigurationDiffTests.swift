import Testing

@testable import Configuration
@testable import Model

@Suite struct ConfigurationDiffTests {
  private func services(_ yaml: String) throws -> ServiceTable {
    try Configuration(yaml: "services:\n" + yaml, file: "f", needsInterfaces: false).table
  }

  private let before = """
      - service: tcp 10.0.0.100:80
        servers: [{ address: 10.0.0.2 }, { address: 10.0.0.3, weight: 2 }, { address: 10.0.0.4 }]
      - service: udp 10.0.0.100:53
        servers: [{ address: 10.0.0.2 }]
    """

  @Test func `every kind of difference has its line`() throws {
    let after = """
        - service: tcp 10.0.0.100:443
          on-server-loss: drop
          servers: [{ address: 10.0.0.2, forward: ipip }]
        - service: tcp 10.0.0.100:80
          ring: 251
          servers: [{ address: 10.0.0.4 }, { address: 10.0.0.2, weight: 0 }, { address: 10.0.0.5 }]
      """
    let changes = ServiceTable.difference(from: try services(before), to: try services(after))
    #expect(
      changes.map(\.description) == [
        "+ service tcp 10.0.0.100:443: on-server-loss drop",
        "+ server 10.0.0.2 of tcp 10.0.0.100:443: weight 1, forward ipip",
        "~ service tcp 10.0.0.100:80: ring auto -> 251",
        "~ server 10.0.0.2 of tcp 10.0.0.100:80: weight 1 -> 0",
        "+ server 10.0.0.5 of tcp 10.0.0.100:80: weight 1, forward direct",
        "- server 10.0.0.3 of tcp 10.0.0.100:80",
        "- service udp 10.0.0.100:53",
      ]
    )
  }

  @Test func `changes of no-server and of the sorry server are listed`() throws {
    let service: (String) throws -> ServiceTable = { try services("  - {service: 'tcp 10.0.0.100:80'\($0)}") }
    let steps = ["", ", no-server: reset, sorry: 10.0.0.9", ", sorry: {address: 10.0.0.9, forward: gue}", ""]
    let said = try zip(steps, steps.dropFirst()).map { from, to in
      ServiceTable.difference(from: try service(from), to: try service(to)).map(\.description)
    }
    #expect(
      said == [
        ["~ service tcp 10.0.0.100:80: no-server unreachable -> reset, sorry none -> 10.0.0.9"],
        ["~ service tcp 10.0.0.100:80: no-server reset -> unreachable, sorry 10.0.0.9 -> 10.0.0.9 by gue, port 6080"],
        ["~ service tcp 10.0.0.100:80: sorry 10.0.0.9 by gue, port 6080 -> none"],
      ]
    )
    let added = ServiceTable.difference(from: ServiceTable(), to: try service(steps[1])).map(\.description)
    #expect(added == ["+ service tcp 10.0.0.100:80: no-server reset, sorry 10.0.0.9"])
  }

  @Test func `changes of a tunnel's options are listed`() throws {
    let server: (String) throws -> ServiceTable = {
      try services("  - service: tcp 10.0.0.100:80\n    servers: [{address: 10.0.1.2, \($0)}]")
    }
    let steps = [
      "forward: direct", "forward: ipip", "forward: gue", "forward: gue, tunnel-port: 7000, source: 10.0.0.9",
      "forward: gre, checksum: true, entropy: 10.200.0.0/16", "forward: gre", "forward: direct",
    ]
    let said = try zip(steps, steps.dropFirst()).map { from, to in
      ServiceTable.difference(from: try server(from), to: try server(to)).map(\.description).joined()
        .replacing("~ server 10.0.1.2 of tcp 10.0.0.100:80: ", with: "")
    }
    #expect(
      said == [
        "forward direct -> ipip",
        "forward ipip -> gue, tunnel-port 6080, checksum false",
        "tunnel-port 6080 -> 7000, source interface -> 10.0.0.9",
        "forward gue -> gre, checksum false -> true, source 10.0.0.9 -> entropy 10.200.0.0/16",
        "checksum true -> false, source entropy 10.200.0.0/16 -> interface",
        "forward gre -> direct",
      ]
    )
    let first = ServiceTable.difference(from: ServiceTable(), to: try server(steps[3])).map(\.description)
    #expect(
      first.last
        == "+ server 10.0.1.2 of tcp 10.0.0.100:80: weight 1, forward gue, tunnel-port 7000, checksum false, source 10.0.0.9"
    )
  }

  @Test func `a changed order is no difference`() throws {
    let after = """
        - service: udp 10.0.0.100:53
          servers: [{ address: 10.0.0.2 }]
        - service: tcp 10.0.0.100:80
          servers: [{ address: 10.0.0.4 }, { address: 10.0.0.3, weight: 2 }, { address: 10.0.0.2 }]
      """
    #expect(ServiceTable.difference(from: try services(before), to: try services(after)).isEmpty)
  }
}
