import ABI
import Testing

@testable import Reconciler
@testable import Model
@testable import Forwarding

@Suite struct SlotTableTests {
  @Test func `every service and VIP of a thousand is found within the probe bound, and nothing else`() throws {
    let director = Director(TableCapacity(slots: 8192, services: 1000, servers: 16, ringSlots: 2048))
    let keys = (0..<1000).map { number in
      let vip = number % 2 == 0 ? IPAddress(192, 0, UInt8(number / 256), UInt8(number % 256)) : v6(number % 97)
      return ServiceKey(number % 3 == 0 ? .udp : .tcp, vip, port: UInt16(number % 7 * 1000 + (number % 97)))
    }
    let services = Set(keys)
    let built = try director.publish(ServiceTable(services: services.map { VirtualService($0, ringSize: 251) }))
    for key in services {
      let found = director.find(key.address, port: key.port, protocolNumber: key.protocol.rawValue)
      #expect(found.map(Int.init) == built.services[key])
      let strange = key.protocol == .tcp ? TransportProtocol.udp : .tcp
      if !services.contains(ServiceKey(strange, key.address, port: key.port)) {
        #expect(director.find(key.address, port: key.port, protocolNumber: strange.rawValue) == nil)
      }
    }
    for (vip, its) in Dictionary(grouping: services, by: \.address) {
      #expect(director.find(vip, port: 0, protocolNumber: 0) == UInt32(its.count))
      let bit = Int(vip.slotHash() & 4095)
      let word = withUnsafeBytes(of: director.active.half.pointee.vip_filter) {
        $0.load(fromByteOffset: bit / 64 * 8, as: UInt64.self)
      }
      #expect(word >> UInt64(bit % 64) & 1 == 1)
    }
    #expect(director.find(IPAddress(203, 0, 113, 1), port: 0, protocolNumber: 0) == nil)
  }

  @Test func `a VIP's slot says of which protocols its services are, and whether one is live`() throws {
    let (mixed, dead) = (IPAddress(10, 0, 0, 1), IPAddress(10, 0, 0, 2))
    let keys = [ServiceKey(.tcp, mixed, port: 80), ServiceKey(.tcp, mixed, port: 81), ServiceKey(.udp, dead, port: 80)]
    let services = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
    let plan = try ServiceHashTable(services: services, live: [keys[1]], limit: 64)
    let flags = plan.entries.compactMap(\.self).filter { $0.protocolNumber == 0 }.map { ($0.address, $0.flags) }
    #expect(
      Dictionary(uniqueKeysWithValues: flags) == [mixed: UInt8(SLUICE_SLOT_LIVE | SLUICE_SLOT_TCP), dead: UInt8(SLUICE_SLOT_UDP)]
    )
    let director = Director()
    plan.write(to: director.active)
    let written = (0..<plan.entries.count).map { director.active.slots[$0] }
    let live = UInt8(SLUICE_SLOT_LIVE | SLUICE_SLOT_TCP)
    #expect(written.count { $0.flags == live && $0.protocol == 0 && IPAddress($0.address) == mixed } == 1)
    #expect(written.count { $0.flags != 0 } == 2)
  }

  @Test func `a tunnelled real server is found by its address and, for GUE, its port, once for all its services`() throws {
    let director = Director()
    let ways: [(number: UInt8, method: ForwardingMethod, port: Int?)] = [
      (1, .direct, nil), (2, .ipip, nil), (2, .gre, nil), (3, .gue, nil), (3, .gue, 7000), (2, .direct, nil),
    ]
    let services = ways.enumerated().map { index, way in
      let server = RealServer(IPAddress(10, 0, 1, way.number), method: way.method, tunnel: TunnelOptions(port: way.port))
      return VirtualService(ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: UInt16(index + 1)), ringSize: 251, servers: [server])
    }
    let built = try director.publish(ServiceTable(services: services))
    func index(_ service: Int) throws -> UInt32 {
      let server = try #require(services[service].servers.first)
      return UInt32(try #require(built.servers[ServerName(server.address, of: services[service].key)]))
    }
    let tunnel = UInt8(SLUICE_SLOT_TUNNEL)
    let lowest = try min(index(1), index(2), index(5))
    #expect(director.find(IPAddress(10, 0, 1, 2), port: 0, protocolNumber: tunnel) == lowest)
    #expect(director.active.servers[Int(try index(2))].tunnel == UInt16(lowest))
    for port in [6080, 7000] as [UInt16] {
      #expect(try director.find(IPAddress(10, 0, 1, 3), port: port, protocolNumber: tunnel) == min(index(3), index(4)))
    }
    #expect(director.find(IPAddress(10, 0, 1, 3), port: 0, protocolNumber: tunnel) == nil)
    #expect(director.find(IPAddress(10, 0, 1, 1), port: 0, protocolNumber: tunnel) == nil)
    let bit = Int(IPAddress(10, 0, 1, 2).slotHash() & 4095)
    let filter = withUnsafeBytes(of: director.active.half.pointee.vip_filter) {
      $0.load(fromByteOffset: bit / 64 * 8, as: UInt64.self)
    }
    #expect(filter >> UInt64(bit % 64) & 1 == 0, "it is no VIP")
  }

  @Test func `as many services, VIPs and tunnels as there can be by default fit`() throws {
    let limits = TableCapacity()
    let scattered = (0..<limits.services + limits.servers).map { (number: Int) in
      let bits = Maglev.mix(UInt64(number) + 5)
      return IPAddress(10, UInt8(number & 255), UInt8(truncatingIfNeeded: bits), UInt8(number >> 8))
    }
    let services = scattered.prefix(limits.services).enumerated().map { (ServiceKey(.tcp, $1, port: 80), $0) }
    let tunnels = scattered.dropFirst(limits.services).enumerated().map { (TunnelTable.Key(address: $1, port: 0), UInt16($0)) }
    let plan = try ServiceHashTable(
      services: Dictionary(uniqueKeysWithValues: services),
      live: [],
      tunnels: Dictionary(uniqueKeysWithValues: tunnels),
      limit: limits.slots
    )
    #expect(plan.entries.count { $0 != nil } == 2 * limits.services + limits.servers)
  }

  @Test func `every unused slot says so, in a table that was larger before`() throws {
    let director = Director()
    let many = (1...8).map { VirtualService(ServiceKey(.tcp, IPAddress(10, 0, 0, $0), port: 80), ringSize: 251) }
    try director.publish(ServiceTable(services: many))
    try director.publish(ServiceTable(services: many))
    try director.publish(ServiceTable())
    let mask = Int(director.active.half.pointee.slot_mask)
    #expect((0...mask).allSatisfy { director.active.slots[$0].service == UInt32(SLUICE_NO_SERVICE) })
    #expect(withUnsafeBytes(of: director.active.half.pointee.vip_filter) { $0.allSatisfy { $0 == 0 } })
  }

  @Test func `the same table gives the same slots in whatever order it is written`() throws {
    let services = (1...8).map { VirtualService(ServiceKey(.tcp, IPAddress(10, 0, 0, $0), port: 80), ringSize: 251) }
    let indices = Dictionary(uniqueKeysWithValues: services.enumerated().map { ($1.key, $0) })
    let again = Dictionary(uniqueKeysWithValues: services.enumerated().reversed().map { ($1.key, $0) })
    let one = try ServiceHashTable(services: indices, live: [], limit: 64).entries.map { $0?.address }
    #expect(try ServiceHashTable(services: again, live: [], limit: 64).entries.map { $0?.address } == one)
  }

  @Test func `keys that share a home are refused once they pass the probe bound`() throws {
    // Nine addresses with one home in a table of 32 slots, looked for by trial.
    let home = IPAddress(10, 0, 0, 1).slotHash() & 31
    let addresses = (1...4000).lazy.map { (number: Int) in IPAddress(10, 0, UInt8(number / 250), UInt8(number % 250)) }
    let crowd = addresses.filter { (vip: IPAddress) in vip.slotHash() & 31 == home }.prefix(9)
    var services: [ServiceKey: Int] = [:]
    for (number, vip) in crowd.enumerated() { services[ServiceKey(.tcp, vip, port: UInt16(number + 1))] = number }
    #expect(throws: TableBuildError.slotsFull(keys: 18, slots: 32)) { try ServiceHashTable(services: services, live: [], limit: 32) }
    let larger = try ServiceHashTable(services: services, live: [], limit: 4096)
    #expect(larger.entries.count > 32)
  }

  @Test func `a thousand services on a thousand VIPs fit where first come, first served would not`() throws {
    // Scattered: the hash spreads neighbouring addresses better than chance would.
    let vips = (0..<1000).map { (number: Int) in
      let bits = Maglev.mix(UInt64(number) + 3)
      return IPAddress(10, UInt8(number & 255), UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8))
    }
    let services = Dictionary(uniqueKeysWithValues: vips.enumerated().map { (ServiceKey(.tcp, $1, port: 80), $0) })
    let plan = try ServiceHashTable(services: services, live: [], limit: 4096)
    #expect(plan.entries.count { $0 != nil } == 2000)
    let places = plan.entries.enumerated().compactMap { slot, entry in entry.map { (slot - Int($0.hash)) & Int(plan.mask) } }
    #expect((places.max() ?? 0) < Int(SLUICE_PROBES))
  }

  private func v6(_ number: Int) -> IPAddress {
    IPAddress(bytes: [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(number)]) ?? IPAddress(0, 0, 0, 0)
  }
}
