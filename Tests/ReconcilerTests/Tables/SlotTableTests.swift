import ABI
import Testing

@testable import Forwarding
@testable import Model
@testable import Reconciler

@Suite struct SlotTableTests {
  @Test func `every service and VIP of a thousand is found within the probe bound, and nothing else`() throws {
    let tables = WrittenTables(TableCapacity(slots: 8192, services: 1000, servers: 16, ringSlots: 1 << 20))
    let keys = (0..<1000).map { number in
      let vip = number % 2 == 0 ? IPAddress(192, 0, UInt8(number / 256), UInt8(number % 256)) : v6(number % 97)
      return ServiceKey(number % 3 == 0 ? .udp : .tcp, vip, port: UInt16(number % 7 * 1000 + (number % 97)))
    }
    let services = Set(keys)
    try tables.publish(ServiceTable(services: services.map { VirtualService($0, ringSize: 251) }))
    for key in services {
      let found = tables.find(key.address, port: key.port, protocolNumber: key.protocol.rawValue)
      #expect(found.map(Int.init) == tables.index(key))
      let strange = key.protocol == .tcp ? ServiceProtocol.udp : .tcp
      if !services.contains(ServiceKey(strange, key.address, port: key.port)) {
        #expect(tables.find(key.address, port: key.port, protocolNumber: strange.rawValue) == nil)
      }
    }
    for (vip, its) in Dictionary(grouping: services, by: \.address) {
      #expect(tables.find(vip, port: 0, protocolNumber: 0) == UInt32(its.count))
      #expect(tables.isInFilter(vip))
    }
    #expect(tables.find(IPAddress(203, 0, 113, 1), port: 0, protocolNumber: 0) == nil)
  }

  @Test func `a VIP's slot says of which protocols its services are, and whether one is live`() throws {
    let (mixed, dead) = (IPAddress(10, 0, 0, 1), IPAddress(10, 0, 0, 2))
    let keys = [ServiceKey(.tcp, mixed, port: 80), ServiceKey(.tcp, mixed, port: 81), ServiceKey(.udp, dead, port: 80)]
    let tables = WrittenTables()
    try tables.publish(
      ServiceTable(
        services: keys.map { key in
          VirtualService(key, ringSize: 251, servers: key == keys[1] ? [RealServer(IPAddress(10, 0, 1, 1))] : [])
        }
      )
    )
    func flags(_ vip: IPAddress) -> UInt8? { slots(of: tables).first { $0.protocol == 0 && IPAddress($0.address) == vip }?.flags }
    #expect(flags(mixed) == UInt8(SLUICE_SLOT_LIVE | SLUICE_SLOT_TCP))
    #expect(flags(dead) == UInt8(SLUICE_SLOT_UDP))
    try tables.publish(ServiceTable(services: [VirtualService(keys[0], ringSize: 251)]))
    #expect(flags(mixed) == UInt8(SLUICE_SLOT_TCP))
    #expect(flags(dead) == nil && !tables.isInFilter(dead))
  }

  private func slots(of tables: WrittenTables) -> [sluice_slot] {
    (0...Int(tables.active.half.pointee.slot_mask)).map { tables.active.slots[$0] }
      .filter { $0.service != UInt32(SLUICE_NO_SERVICE) }
  }

  @Test func `a tunnelled real server is found by its address and, for GUE, its port, once for all its services`() throws {
    let tables = WrittenTables()
    let ways: [(number: UInt8, method: ForwardingMethod, port: Int?)] = [
      (1, .direct, nil), (2, .ipip, nil), (2, .gre, nil), (3, .gue, nil), (3, .gue, 7000), (2, .direct, nil),
    ]
    let services = ways.enumerated().map { index, way in
      let server = RealServer(IPAddress(10, 0, 1, way.number), method: way.method, tunnel: TunnelOptions(port: way.port))
      return VirtualService(ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: UInt16(index + 1)), ringSize: 251, servers: [server])
    }
    try tables.publish(ServiceTable(services: services))
    func index(_ service: Int) throws -> UInt32 {
      let server = try #require(services[service].servers.first)
      return UInt32(try #require(tables.index(ServerName(server.address, of: services[service].key))))
    }
    let tunnel = UInt8(SLUICE_SLOT_TUNNEL)
    let lowest = try min(index(1), index(2), index(5))
    #expect(tables.find(IPAddress(10, 0, 1, 2), port: 0, protocolNumber: tunnel) == lowest)
    #expect(tables.active.servers[Int(try index(2))].tunnel == lowest)
    for port in [6080, 7000] as [UInt16] {
      #expect(try tables.find(IPAddress(10, 0, 1, 3), port: port, protocolNumber: tunnel) == min(index(3), index(4)))
    }
    #expect(tables.find(IPAddress(10, 0, 1, 3), port: 0, protocolNumber: tunnel) == nil)
    #expect(tables.find(IPAddress(10, 0, 1, 1), port: 0, protocolNumber: tunnel) == nil)
    #expect(!tables.isInFilter(IPAddress(10, 0, 1, 2)), "it is no VIP")
  }

  // The macro accepts no mutating call.
  private func set(_ key: SlotTable.Key, _ value: UInt32, limit: Int, in table: inout SlotTable) -> Bool {
    table.set(key, value, limit: limit)
  }

  /// Scattered addresses: for neighbouring ones the hash spreads better than random.
  private func scattered(_ number: Int) -> IPAddress {
    let bits = Maglev.mix(UInt64(number) + 3)
    return IPAddress(
      10,
      UInt8(truncatingIfNeeded: bits),
      UInt8(truncatingIfNeeded: bits >> 8),
      UInt8(truncatingIfNeeded: bits >> 16)
    )
  }

  @Test(arguments: [(1000, 0), (10_000, 40_000), (1000, 100_000)])
  func `as many services, VIPs and tunnels as tables were sized for fit`(services: Int, tunnels: Int) throws {
    let limit = TableCapacity.slots(services: services, servers: tunnels)
    var table = SlotTable()
    var addresses: Set<IPAddress> = []
    var number = 0
    while addresses.count < services + tunnels {
      addresses.insert(scattered(number))
      number += 1
    }
    for (number, address) in addresses.enumerated() {
      if number < services {
        #expect(set(.vip(address), 1, limit: limit, in: &table))
        #expect(set(.service(ServiceKey(.tcp, address, port: 80)), 2, limit: limit, in: &table))
      } else {
        #expect(set(.tunnel(address, port: 0), 3, limit: limit, in: &table))
      }
    }
    #expect(table.count == 2 * services + tunnels)
    #expect(farthest(table) < Int(SLUICE_PROBES))
  }

  /// The largest distance of a key from its home.
  private func farthest(_ table: SlotTable) -> Int {
    table.slots.enumerated().compactMap { slot, entry in entry.map { (slot - Int($0.hash)) & table.mask } }.max() ?? 0
  }

  @Test func `keys that come and go leave the others within reach, and nothing of themselves`() {
    var table = SlotTable()
    var present: Set<Int> = []
    for turn in 0..<20_000 {
      let number = Int(Maglev.mix(UInt64(turn)) % 512)
      let key = SlotTable.Key.vip(scattered(number))
      if present.remove(number) != nil {
        table.remove(key)
      } else {
        #expect(set(key, UInt32(number), limit: 4096, in: &table))
        present.insert(number)
      }
    }
    #expect(table.count == present.count && table.slots.count { $0 != nil } == present.count)
    for number in 0..<512 { #expect((table[.vip(scattered(number))]?.value == UInt32(number)) == present.contains(number)) }
    #expect(farthest(table) < Int(SLUICE_PROBES))
  }

  @Test func `a change touches a handful of slots`() {
    var table = SlotTable()
    for number in 0..<1000 { #expect(set(.vip(scattered(number)), 1, limit: 8192, in: &table)) }
    table.forgetTouched()
    #expect(set(.vip(scattered(1000)), 1, limit: 8192, in: &table))
    table.remove(.vip(scattered(7)))
    #expect((2...8).contains(table.touched.count))
    #expect(!table.isLaidOutAnew)
  }

  @Test func `every unused slot says so, in a table that was larger before`() throws {
    let tables = WrittenTables()
    let many = (1...8).map { VirtualService(ServiceKey(.tcp, IPAddress(10, 0, 0, $0), port: 80), ringSize: 251) }
    try tables.publish(ServiceTable(services: many))
    try tables.publish(ServiceTable(services: many))
    try tables.publish(ServiceTable())
    let mask = Int(tables.active.half.pointee.slot_mask)
    #expect((0...mask).allSatisfy { tables.active.slots[$0].service == UInt32(SLUICE_NO_SERVICE) })
    #expect(withUnsafeBytes(of: tables.active.half.pointee.vip_filter) { $0.allSatisfy { $0 == 0 } })
  }

  @Test func `the same keys give the same table whoever came first, when it is laid out anew`() {
    let vips = (1...17).map { IPAddress(10, 0, 0, $0) }
    let tables = [vips, vips.reversed()].map { vips in
      var table = SlotTable()
      for vip in vips { #expect(set(.vip(vip), 1, limit: 256, in: &table)) }
      return table
    }
    #expect(tables[0].slots == tables[1].slots)
    #expect(tables[0].slots.count == 128)
  }

  @Test func `keys that share a home are refused once they pass the probe bound, and nothing is changed`() {
    // Nine addresses with the same home in a table of 64 slots, found by trial.
    let home = IPAddress(10, 0, 0, 1).slotHash() & 63
    let addresses = (1...4000).lazy.map { (number: Int) in IPAddress(10, 0, UInt8(number / 250), UInt8(number % 250)) }
    let crowd = Array(addresses.filter { (vip: IPAddress) in vip.slotHash() & 63 == home }.prefix(9))
    var table = SlotTable()
    for vip in crowd.dropLast() { #expect(set(.vip(vip), 1, limit: 64, in: &table)) }
    let before = table
    #expect(!set(.vip(crowd[8]), 1, limit: 64, in: &table))
    #expect(table == before)
    #expect(set(.vip(crowd[8]), 1, limit: 4096, in: &table))
    #expect(table.slots.count > 64)
    #expect(crowd.allSatisfy { table[.vip($0)] != nil })
  }

  private func v6(_ number: Int) -> IPAddress {
    IPAddress(bytes: [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(number)]) ?? IPAddress(0, 0, 0, 0)
  }
}

extension SlotTable {
  fileprivate var slots: [Entry?] { (0..<size).map { self[$0] } }
}
