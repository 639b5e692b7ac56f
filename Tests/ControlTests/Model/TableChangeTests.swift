import Testing

@testable import Control

@Suite struct TableChangeTests {
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
        "~ service tcp 10.0.0.100:80: ring 65537 -> 251",
        "~ server 10.0.0.2 of tcp 10.0.0.100:80: weight 1 -> 0",
        "+ server 10.0.0.5 of tcp 10.0.0.100:80: weight 1, forward direct",
        "- server 10.0.0.3 of tcp 10.0.0.100:80",
        "- service udp 10.0.0.100:53",
      ]
    )
  }

  @Test func `another order is no difference`() throws {
    let after = """
        - service: udp 10.0.0.100:53
          servers: [{ address: 10.0.0.2 }]
        - service: tcp 10.0.0.100:80
          servers: [{ address: 10.0.0.4 }, { address: 10.0.0.3, weight: 2 }, { address: 10.0.0.2 }]
      """
    #expect(ServiceTable.difference(from: try services(before), to: try services(after)).isEmpty)
  }
}
