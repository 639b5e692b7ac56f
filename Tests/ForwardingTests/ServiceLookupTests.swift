import ABI
import Testing

@testable import Forwarding

@Suite struct ServiceLookupTests {
  @Test(arguments: cases) func `a destination`(_ test: Case) { test.check() }

  static let cases: [Case] = [
    .tcp("10.0.0.100:80 is a service", .forwarded),
    .tcp("10.0.0.100:81 is not", .notForService) { $0.destinationPort = 81 },
    .tcp("10.0.0.100:53 is a service of UDP, not of TCP", .notForService) { $0.destinationPort = 53 },
    .udp("10.0.0.100:53 by UDP is a service", .forwarded),
    .udp("10.0.0.100:80 is a service of TCP, not of UDP", .notForService) { $0.destinationPort = 80 },
    .tcp("10.0.0.99:80 is not a VIP", .notForService) { $0.destination = [10, 0, 0, 99] },
    .tcp("any port of 10.0.0.101 is a service of TCP", .forwarded) {
      $0.destination = [10, 0, 0, 101]
      $0.destinationPort = 54321
    },
    .udp("any port of 10.0.0.101 is not a service of UDP", .notForService) {
      $0.destination = [10, 0, 0, 101]
      $0.destinationPort = 54321
    },
    .tcp("port 0 itself belongs to the service of any port", .forwarded) {
      $0.destination = [10, 0, 0, 101]
      $0.destinationPort = 0
    },
    .tcp("port 0 of a VIP without such a service goes to the kernel", .notForService) { $0.destinationPort = 0 },
    .tcp("a packet that ends before its ports belongs to the service of any port", .droppedBadLength) {
      $0.destination = [10, 0, 0, 101]
      $0.transport = [0x9c, 0x40, 0]
    },
    .tcp("a packet that ends before its ports does not belong to port 80's service", .notForService) {
      $0.transport = [0x9c, 0x40, 0]
    },
    .tcp("a service without a real server answers a new flow", .answeredUnreachable) { $0.destination = [10, 0, 0, 102] },
  ]

  @Test func `the exact port has priority over any port`() {
    let exact = TestDirector().forward(
      ClientPacket {
        $0.destination = [10, 0, 0, 101]
        $0.destinationPort = 443
      }
    )
    let any = TestDirector().forward(
      ClientPacket {
        $0.destination = [10, 0, 0, 101]
        $0.destinationPort = 444
      }
    )
    #expect(exact.server == 5)
    #expect(any.server == 3)
  }

  @Test func `every address that is not a VIP is recognized, with and without the filter`() {
    let tables = TestTables.topology
    let vips: Set<UInt32> = Set([100, 101, 102, 106, 107].map { UInt32($0) << 24 | 10 })
    for host in 0..<(1 << 16) as Range<UInt32> {
      let address = host << 16 | 10  // 10.0.x.y in memory order
      #expect(tables.half.isVIP(0, Tables.mapped(address)) == vips.contains(address))
    }
  }

  @Test func `a key is found in any of the eight slots from its home slot on`() {
    let tables = TestTables()
    let address: UInt32 = 0x6400_000a
    let mask = TestTables.slots - 1
    let home = Int(sluice_slot_hash_words(0, Tables.mapped(address), UInt16(80).bigEndian, 6)) & mask
    for distance in 0..<Int(SLUICE_PROBES) {
      for slot in 0..<TestTables.slots { tables.half.slots[slot].service = UInt32(SLUICE_NO_SERVICE) }
      for step in 0..<distance { tables.half.slots[(home + step) & mask].service = 99 }
      let slot = tables.half.slots + ((home + distance) & mask)
      withUnsafeMutableBytes(of: &slot.pointee.address) { $0.copyBytes(from: mapped([10, 0, 0, 100])) }
      slot.pointee.port_be = UInt16(80).bigEndian
      slot.pointee.protocol = 6
      slot.pointee.service = 7
      #expect(tables.half.find(0, Tables.mapped(address), port: UInt16(80).bigEndian, protocol: 6) == 7)
      slot.pointee.address = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    }
  }

  @Test func `in a table full of other keys the search ends after eight slots`() {
    let tables = TestTables()
    for slot in 0..<TestTables.slots { tables.half.slots[slot].service = 3 }
    #expect(tables.half.service(0, Tables.mapped(0x0100_000a), port: 80, protocol: 6) == UInt32(SLUICE_NO_SERVICE))
  }
}
