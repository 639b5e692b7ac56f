import Testing

@testable import API
@testable import Model
@testable import Reconciler

@Suite struct StatusTextTests {
  private let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)

  private func text(_ status: Status) -> String {
    var output = ChunkedBytes()
    status.write(to: &output)
    return output.text
  }

  @Test func `status is the live table`() {
    let servers = [
      ServerStatus(
        address: ServerAddress(IPAddress(10, 0, 0, 2)),
        forward: .direct,
        weight: 1,
        state: .ok,
        active: 12,
        inactive: 3,
        totals: Totals(packets: 750, bytes: 75_000, connections: 20),
        share: 75
      ),
      ServerStatus(
        address: ServerAddress(IPAddress(10, 0, 1, 2)),
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
      interfaces: [
        InterfaceStatus(
          name: "eth0",
          furtherMACs: [
            FurtherMAC(MACAddress((0, 0, 0x5e, 0, 1, 0x33)), of: "vrrp.51"), FurtherMAC(MACAddress((2, 0, 0, 0, 0, 3))),
          ],
          queues: 2,
          attach: "native",
          transfer: "copy"
        )
      ],
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
            address: ServerAddress(IPAddress(10, 0, 0, 9)),
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
      text(status) == """
        generation 42
        interface eth0: 2 queues, native, copy
          also takes frames to 00:00:5e:00:01:33 (vrrp.51), 02:00:00:00:00:03 (configured)

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
}
