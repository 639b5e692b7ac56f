import Configuration
import Testing

@testable import Offline

@Suite struct IngressTests {
  @Test func `a frame comes in by the interface that has its MAC address, as its own or by the configuration`() throws {
    let configuration = try Configuration(
      yaml: """
        director:
          interfaces: [eth0, eth1]
          mac-addresses: { eth1: [00:00:5e:00:01:33] }
        replay:
          interfaces:
            eth0: { mac: 02:00:00:00:00:02 }
            eth1: { mac: 02:00:00:00:01:02 }
        """,
      file: "f",
      staticTopology: .everything
    )
    let director = try OfflineDirector(configuration)
    let own = director.ingress(to: [2, 0, 0, 0, 0, 2])
    let further = director.ingress(to: [0, 0, 0x5e, 0, 1, 0x33])
    let other = director.ingress(to: [0, 0, 0x5e, 0, 1, 0x34])
    #expect(own == 0)
    #expect(further == 1)
    #expect(other == nil)
  }
}
