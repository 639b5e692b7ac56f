import ABI

@testable import Forwarding

/// Tables built by hand, field by field as in `Sources/ABI/tables.h`, so that forwarding is tested without the table builder.
final class TestTables {
  let memory = TableMemory.allocate(
    TableCapacity(slots: TestTables.slots, services: 32, servers: 64, ringSlots: 1 << 15, members: 1 << 15)
  )
  private(set) var serverCount = 0
  private var ringStart: UInt32 = 0
  /// The service's index, by server.
  private(set) var services: [Int] = []
  static let ringSize = 251
  /// A power of two.
  static let slots = 128

  var half: Tables { memory.half(0) }

  init() {
    for slot in 0..<Self.slots { half.slots[slot].service = UInt32(SLUICE_NO_SERVICE) }
    half.half.pointee.slot_mask = UInt32(Self.slots - 1)
    half.half.pointee.hash_key = (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, 0x0f1e_2d3c_4b5a_6978, 0x8796_a5b4_c3d2_e1f0)
    half.half.pointee.timeouts = (0, 60, 900, 120, 10, 300, 900, UInt32(SLUICE_LONGEST_PERSISTENCE))
    half.half.pointee.generation = 1
  }

  deinit { memory.free() }

  /// Adds a service and its real servers, all of weight 1; returns the servers' indices.
  @discardableResult
  func add(_ number: UInt8, _ address: [UInt8], port: UInt16, _ servers: [TestServer]) -> [Int] {
    let index = half.half.pointee.service_count
    let start = ringStart
    half.half.pointee.service_count += 1
    place(address, port: port, number, value: index)
    if find(address, port: 0, 0) == nil { place(address, port: 0, 0, value: 1) }
    if let vip = find(address, port: 0, 0) { half.slots[vip].flags |= UInt8(number == 6 ? SLUICE_SLOT_TCP : SLUICE_SLOT_UDP) }

    let indices = servers.map { add($0, service: Int(index)) }
    let service = half.services + Int(index)
    service.pointee.port_be = port.bigEndian
    service.pointee.protocol = number
    withUnsafeMutableBytes(of: &service.pointee.address) { $0.copyBytes(from: mapped(address)) }
    service.pointee.ring_start = start
    service.pointee.member_start = start
    service.pointee.member_count = UInt32(indices.count)
    guard !indices.isEmpty else { return [] }
    if let vip = find(address, port: 0, 0) { half.slots[vip].flags |= UInt8(SLUICE_SLOT_LIVE) }
    service.pointee.flags = UInt8(SLUICE_SERVICE_LIVE)
    service.pointee.ring_size = UInt32(Self.ringSize)
    ringStart += UInt32(Self.ringSize)
    fillRing(of: Int(index), with: indices)
    return indices
  }

  /// As if the service had been removed, and its index and its servers' indices had been reused.
  func reincarnate(service: Int) {
    for (server, owner) in services.enumerated() where owner == service {
      half.servers[server].incarnation = (half.servers[server].incarnation + 1) & 0xfff
    }
  }

  /// Fills the ring with only these servers, as the builder does after a change of weights.
  func fillRing(of service: Int, with servers: [Int]) {
    let start = Int(half.services[service].member_start)
    for (number, server) in servers.enumerated() { memory.members[start + number] = UInt32(server) }
    let taking = servers.enumerated().map { number, server in
      Maglev.Server(identity: Maglev.mix(UInt64(server)), weight: 1, index: UInt16(number))
    }
    Maglev.fill(ring: half.rings + Int(half.services[service].ring_start), size: Self.ringSize, servers: taking)
  }

  private func add(_ server: TestServer, service: Int) -> Int {
    let index = serverCount
    serverCount += 1
    services.append(service)
    half.half.pointee.server_limit = UInt32(serverCount)
    half.servers[index] = server.entry(index: index, service: service)
    let port = server.method == Int(SLUICE_GUE) ? server.port : 0
    let tunnel = UInt8(SLUICE_SLOT_TUNNEL)
    if server.method != Int(SLUICE_DIRECT), find(server.address, port: port, tunnel) == nil {
      place(server.address, port: port, tunnel, value: UInt32(half.servers[index].tunnel))
    }
    return index
  }

  private func find(_ address: [UInt8], port: UInt16, _ number: UInt8) -> Int? {
    (0..<Self.slots).first {
      let slot = half.slots[$0]
      return slot.service != UInt32(SLUICE_NO_SERVICE) && slot.port_be == port.bigEndian && slot.protocol == number
        && withUnsafeBytes(of: slot.address) { Array($0) } == mapped(address)
    }
  }

  private func place(_ address: [UInt8], port: UInt16, _ number: UInt8, value: UInt32) {
    let hash = sluice_slot_hash(mapped(address), port.bigEndian, number)
    var slot = Int(hash) & (Self.slots - 1)
    while half.slots[slot].service != UInt32(SLUICE_NO_SERVICE) { slot = (slot + 1) & (Self.slots - 1) }
    withUnsafeMutableBytes(of: &half.slots[slot].address) { $0.copyBytes(from: mapped(address)) }
    half.slots[slot].port_be = port.bigEndian
    half.slots[slot].protocol = number
    half.slots[slot].service = value
    guard number == 0 else { return }
    withUnsafeMutableBytes(of: &half.half.pointee.vip_filter) {
      $0.bindMemory(to: UInt64.self)[Int(hash & 4095) / 64] |= 1 << UInt64(hash & 63)
    }
  }
}

/// ::ffff:a.b.c.d for an IPv4 address; an IPv6 address unchanged.
func mapped(_ address: [UInt8]) -> [UInt8] {
  address.count == 4 ? [UInt8](repeating: 0, count: 10) + [0xff, 0xff] + address : address
}

/// A real server and the path to it.
struct TestServer {
  var address: [UInt8]
  var method = Int(SLUICE_DIRECT)
  var mtu: UInt16 = 1500
  var tags: [UInt16] = []
  var egress: UInt16 = 0
  var flags = UInt8(SLUICE_SERVER_PRESENT | SLUICE_SERVER_RESOLVED)
  var incarnation: UInt16 = 0
  /// Nil: its own index.
  var tunnel: UInt32?
  /// GUE's destination port.
  var port: UInt16 = 6080
  /// Leading bits of the outer source that all flows share; 0: all of them.
  var prefix: UInt8 = 0

  static func direct(_ last: UInt8, _ change: (inout TestServer) -> Void = { _ in }) -> TestServer {
    var server = TestServer(address: [10, 0, 1, last])
    change(&server)
    return server
  }

  static func tunnel(_ last: UInt8, _ change: (inout TestServer) -> Void = { _ in }) -> TestServer {
    direct(last) {
      $0.method = Int(SLUICE_IPIP)
      change(&$0)
    }
  }

  /// fd00:1::last
  static func direct6(_ last: UInt8, _ change: (inout TestServer) -> Void = { _ in }) -> TestServer {
    var server = TestServer(address: [0xfd, 0, 0, 1] + [UInt8](repeating: 0, count: 11) + [last])
    change(&server)
    return server
  }

  static func tunnel6(_ last: UInt8, _ change: (inout TestServer) -> Void = { _ in }) -> TestServer {
    direct6(last) {
      $0.method = Int(SLUICE_IPIP)
      change(&$0)
    }
  }

  /// GUE or GRE from a source of its family.
  static func tunnel(_ method: Int, toIPv6: Bool, checksum: Bool = false, _ change: (inout TestServer) -> Void = { _ in })
    -> TestServer
  {
    (toIPv6 ? direct6 : direct)(20) {
      $0.method = method
      if checksum { $0.flags |= UInt8(SLUICE_SERVER_CHECKSUM) }
      change(&$0)
    }
  }

  static let tunnelSource: [UInt8] = [10, 0, 9, 1]
  /// fd00:9::1
  static let tunnelSource6: [UInt8] = [0xfd, 0, 0, 9] + [UInt8](repeating: 0, count: 11) + [1]

  private var isIPv6: Bool { address.count == 16 }

  func entry(index: Int, service: Int) -> sluice_server {
    var entry = sluice_server()
    entry.next_hop_mac = (0x02, 0xaa, 0, 0, 0, UInt8(index))
    entry.source_mac = (0x02, 0xbb, 0, 0, 0, UInt8(egress))
    entry.tags = (tags.first ?? 0, tags.dropFirst().first ?? 0)
    entry.method = UInt8(method)
    entry.flags = flags | (isIPv6 ? UInt8(SLUICE_SERVER_IPV6) : 0) | UInt8(tags.count * Int(SLUICE_SERVER_TAGS))
    if tags.count == 2 { entry.flags |= UInt8(SLUICE_SERVER_OUTER_8021AD) }
    entry.egress = UInt8(egress)
    entry.mtu = mtu
    entry.incarnation = incarnation
    entry.tunnel = tunnel ?? UInt32(index)
    entry.tunnel_port_be = port.bigEndian
    entry.source_prefix = prefix
    withUnsafeMutableBytes(of: &entry.address) { $0.copyBytes(from: mapped(address)) }
    withUnsafeMutableBytes(of: &entry.tunnel_source) {
      $0.copyBytes(from: mapped(isIPv6 ? Self.tunnelSource6 : Self.tunnelSource))
    }
    return entry
  }
}
