import Testing

@testable import API
@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler
@testable import sluice

@Suite struct TextTableTests {
  @Test func `columns line up, words to the left and numbers to the right`() {
    var table = TextTable(["SERVER": .left, "WEIGHT": .right, "STATE": .left])
    table.add("10.0.0.2", "1", "ok")
    table.add("10.0.0.100", "65535", "draining")
    #expect(
      table.lines(indent: 2) == [
        "  SERVER      WEIGHT  STATE",
        "  10.0.0.2         1  ok",
        "  10.0.0.100   65535  draining",
      ]
    )
  }

  static let amounts: [(UInt64, String)] = [
    (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1234, "1.23 kB"), (9_994, "9.99 kB"), (9_996, "10.0 kB"), (99_960, "100 kB"),
    (999_499, "999 kB"), (999_500, "1.00 MB"), (1_500_000_000, "1.50 GB"), (UInt64.max, "18.4 EB"),
  ]

  @Test("Bytes are told with three digits", arguments: amounts)
  func bytes(_ amount: UInt64, _ text: String) {
    #expect(amount.asBytes == text)
  }
}

@Suite struct TextTests {
  private let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)

  @Test func `status is the live table`() {
    let servers = [
      ServerStatus(
        address: IPAddress(10, 0, 0, 2),
        forward: .direct,
        weight: 1,
        state: .ok,
        active: 12,
        inactive: 3,
        totals: Totals(packets: 750, bytes: 75_000, connections: 20),
        share: 75
      ),
      ServerStatus(
        address: IPAddress(10, 0, 1, 2),
        forward: .ipip,
        weight: 0,
        state: .unresolved,
        reason: "no route to it",
        active: 0,
        inactive: 0,
        totals: Totals(packets: 250, bytes: 25_000, connections: 5),
        share: 25
      ),
    ]
    let status = Status(
      generation: 42,
      interfaces: [InterfaceStatus(name: "eth0", queues: 2, attach: "native", transfer: "copy")],
      services: [
        ServiceStatus(
          service: web,
          scheduler: .maglev,
          ring: 65537,
          onServerLoss: .rehash,
          noServer: .reset,
          totals: Totals(packets: 1000, bytes: 100_000, connections: 25),
          active: 12,
          inactive: 3,
          servers: servers,
          sorry: ServerStatus(
            address: IPAddress(10, 0, 0, 9),
            forward: .gre,
            weight: 0,
            state: .standby,
            active: 0,
            inactive: 0,
            totals: Totals()
          )
        )
      ]
    )
    #expect(
      status.text == """
        generation 42
        interface eth0: 2 queues, native, copy

        tcp 10.0.0.100:80  maglev, ring 65537, on server loss rehash, no server reset
          SERVER    FORWARD  WEIGHT  STATE       ACTIVE  INACTIVE  CONNECTIONS  PACKETS    BYTES   SHARE
          10.0.0.2  direct        1  ok              12         3           20      750  75.0 kB  75.0 %
          10.0.1.2  ipip          0  unresolved       0         0            5      250  25.0 kB  25.0 %
          10.0.0.9  gre       sorry  standby          0         0            0        0      0 B       -
          total                                      12         3           25     1000   100 kB
          10.0.1.2: no route to it
        """
    )
  }

  @Test func `stats leaves out what is zero, and says so`() {
    let statistics = Statistics(
      steering: [Statistics.Counter(name: "steer-passed", meaning: "the kernel's", total: 0, workers: [])],
      rings: [],
      workers: [
        Statistics.Counter(name: "received", meaning: "taken", total: 0, workers: [0, 0]),
        Statistics.Counter(name: "dropped-ttl", meaning: "too old", total: 3, workers: [1, 2]),
      ]
    )
    #expect(
      statistics.text(zeros: false) == """
        COUNTER      TOTAL  WORKER 0  WORKER 1  MEANING
        received         0         0         0  taken
        dropped-ttl      3         1         2  too old

        1 counter is zero: --all shows them
        """
    )
    #expect(statistics.text(zeros: true).contains("steer-passed"))
  }

  @Test func `a change says what is live now`() {
    let change = ConfigurationChange(action: .remove, service: web, server: nil, settings: [])
    #expect(
      Applied(generation: 7, dryRun: false, changes: [change]).text == "- service tcp 10.0.0.100:80\ngeneration 7 is live"
    )
    #expect(Applied(generation: 7, dryRun: true, changes: [change]).text.hasSuffix("dry run: nothing has changed"))
    #expect(Applied(generation: 7, dryRun: false, changes: []).text == "nothing to change, generation 7 is live")
  }
}
