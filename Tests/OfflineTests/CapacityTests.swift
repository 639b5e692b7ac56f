import Configuration
import Forwarding
import Model
import Testing

@testable import Offline
@testable import Reconciler

@Suite struct CapacityTests {
  private func table(services: Int, servers: Int) throws -> ServiceTable {
    try ServiceTable(
      services: (0..<services).map { number in
        let vip = IPAddress(10, 8, UInt8(number >> 8), UInt8(number & 255))
        let list = (0..<servers).map { RealServer(IPAddress(10, 9, UInt8($0 >> 8), UInt8($0 & 255))) }
        return VirtualService(ServiceKey(.tcp, vip, port: 80), servers: list)
      }
    )
  }

  @Test func `a limit that is given is the size of its table, and tables do not grow`() {
    let limits = Limits(services: 1024, servers: 4096, ringSlots: 1 << 20)
    #expect(
      limits.capacity(for: ServiceTable()) == TableCapacity(slots: 32768, services: 1024, servers: 4096, ringSlots: 2 << 20)
    )
    #expect(Limits(services: 1, servers: 14).capacity(for: ServiceTable()).slots == 64)
    #expect(!limits.mayGrow && !Limits(services: 5).mayGrow)
  }

  @Test func `without limits tables are sized from the file, with head room, and may grow`() throws {
    #expect(Limits().mayGrow)
    #expect(Limits().capacity(for: ServiceTable()) == TableCapacity(for: TableDemand()))
    #expect(Limits().capacity(for: ServiceTable()).services == TableCapacity.least.services)
    let capacity = Limits().capacity(for: try table(services: 1000, servers: 100))
    #expect(capacity.services == 1500)
    #expect(capacity.servers == 150_000)
    // Rings of 16381 slots for 100 servers each, and room to fill half of them anew.
    #expect(1500 * 16381...1600 * 16384 ~= capacity.ringSlots)
    #expect(capacity.members >= 2 * 100_000)
    try TableDemand(try table(services: 1000, servers: 100)).check(capacity, mayGrow: true)
  }

  @Test(arguments: [(10_000, 5), (1000, 100), (65_535, 1), (15, 60_000)])
  func `large tables fit what they are given`(services: Int, servers: Int) throws {
    let table = try table(services: services, servers: servers)
    try TableDemand(table).check(Limits().capacity(for: table), mayGrow: true)
  }
}
