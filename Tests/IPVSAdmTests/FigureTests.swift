import IPVSAdm
import Model
import Testing

/// Lists with traffic; their widths and units are ipvsadm's.
@Suite struct FigureTests {
  private static let key = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)

  private func list(_ request: ListRequest, counts: TableReport.Figures = .init(), rates: TableReport.Figures = .init())
    -> [Substring]
  {
    let service = VirtualService(
      Self.key,
      scheduler: .mh,
      flags: [.fallback, .port],
      servers: [RealServer(IPAddress(10, 0, 0, 2))]
    )
    let server = TableReport.ServerReport(active: 3, inactive: 12, persistent: 4, counts: counts, rates: rates)
    let report = TableReport(services: [.init(service, counts: counts, rates: rates, servers: [server])])
    return TableList.text(report, request, names: .none).split(separator: "\n", omittingEmptySubsequences: false)
  }

  @Test func `connections of a server`() {
    let lines = list(ListRequest())
    #expect(lines[0] == "IP Virtual Server version 1.2.1 (size=4096)")
    #expect(lines[3] == "TCP  10.0.0.100:80 mh (mh-fallback,mh-port)")
    #expect(lines[4] == "  -> 10.0.0.2:80                  Route   1      3          12        ")
    #expect(
      list(ListRequest(columns: .persistentConnections))[4]
        == "  -> 10.0.0.2:80                  1         4           3          12        "
    )
    #expect(
      list(ListRequest(columns: .thresholds))[4]
        == "  -> 10.0.0.2:80                  0          0          3          12        "
    )
  }

  @Test func `counts, abbreviated from eight digits on`() {
    let figures = TableReport.Figures(connections: 123, packets: 4567, bytes: 345_678_901)
    #expect(
      list(ListRequest(columns: .stats), counts: figures)[3]
        == "TCP  10.0.0.100:80                     123     4567        0  345678K        0"
    )
    #expect(
      list(ListRequest(columns: .stats), counts: figures)[4]
        == "  -> 10.0.0.2:80                       123     4567        0  345678K        0"
    )
    #expect(
      list(ListRequest(columns: .stats, isExact: true), counts: figures)[3]
        == "TCP  10.0.0.100:80                     123     4567        0 345678901        0"
    )
    #expect(
      list(ListRequest(columns: .rate), rates: figures)[4]
        == "  -> 10.0.0.2:80                       123     4567        0  345678K        0"
    )
  }

  @Test(
    "units",
    arguments: [
      (99_999_999, " 99999999"), (100_000_000, "  100000K"), (999_999_999, "  999999K"), (1_000_000_000, "    1000M"),
      (99_999_999_999, "   99999M"), (100_000_000_000, "     100G"), (99_999_999_999_999, "   99999G"),
      (100_000_000_000_000, "     100T"),
    ] as [(UInt64, String)]
  )
  func units(_ number: UInt64, _ text: String) {
    let lines = list(ListRequest(columns: .stats), counts: .init(bytes: number))
    #expect(lines[3].dropFirst(60).prefix(9) == text)
  }

  @Test func `connections`() {
    let client = Endpoint(address: IPAddress(192, 0, 2, 1), port: 40000)
    let connection = ListedConnection(
      .tcp,
      expires: 898,
      state: "ESTABLISHED",
      client: client,
      virtual: Self.key.endpoint,
      destination: Endpoint(address: IPAddress(10, 0, 0, 2), port: 80)
    )
    #expect(
      ConnectionList.text([connection], ListRequest(.connections, isNumeric: true), names: .none)
        == "IPVS connection entries\npro expire state       source             virtual            destination\n"
        + "TCP 14:58  ESTABLISHED 192.0.2.1:40000    10.0.0.100:80      10.0.0.2:80\n"
    )
  }

  @Test func `names are cut to their columns`() {
    let names = Names(
      address: { _ in nil },
      port: { _, _ in nil },
      host: { _ in "a-host-with-a-rather-long-name.example.org" },
      service: { _, _ in "http" }
    )
    let service = VirtualService(Self.key, scheduler: .rr, servers: [RealServer(IPAddress(10, 0, 0, 2))])
    let text = TableList.text(TableReport(services: [.init(service)]), ListRequest(), names: names)
    #expect(text.contains("\nTCP  a-host-with-a-rather-long-na rr\n  -> a-host-with-a-rather-long-na Route   1 "))
  }
}
