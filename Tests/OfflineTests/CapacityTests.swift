import Configuration
import Forwarding
import Testing

@testable import Offline

@Suite struct CapacityTests {
  @Test func `the look-up table grows with services and servers`() {
    #expect(Limits().capacity == TableCapacity(slots: 32768, services: 1024, servers: 4096, ringSlots: 2 << 20))
    #expect(Limits(services: 65535).capacity.slots == 1_048_576)
    #expect(Limits(services: 1, servers: 14).capacity.slots == 64)
  }
}
