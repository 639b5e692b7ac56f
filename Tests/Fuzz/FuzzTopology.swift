import ABI

/// The services of every input: those of the lab (the first corpus was made of its captures) and some that it doesn't have.
enum FuzzTopology {
  /// By method, then by the family of the real servers' addresses. They are reused: only the server records change from input to input.
  // libFuzzer calls from one thread.
  nonisolated(unsafe) private static let topologies = Setting.methods.map { method in
    [
      make(.direct(10) { $0.method = method }, .direct(11) { $0.method = method }),
      make(.direct6(10) { $0.method = method }, .direct6(11) { $0.method = method }),
    ]
  }

  static func tables(_ setting: Setting) -> TestTables {
    let topology = topologies[setting.methodNumber][setting.outerIsIPv6 ? 1 : 0]
    // Forget the path MTUs that ICMP errors of earlier inputs reported.
    topology.memory.paths.update(repeating: 0, count: topology.memory.capacity.servers)
    for index in 0..<topology.serverCount { set(&topology.half.servers[index], setting) }
    for index in 0..<Int(topology.half.half.pointee.service_count) {
      let flags = topology.half.services[index].flags & UInt8(SLUICE_SERVICE_LIVE)
      topology.half.services[index].flags =
        flags | (setting.resets ? UInt8(SLUICE_SERVICE_RESET) : 0) | (setting.dropsLost ? UInt8(SLUICE_SERVICE_LOSS_DROP) : 0)
    }
    return topology
  }

  private static func make(_ first: TestServer, _ second: TestServer) -> TestTables {
    let tables = TestTables()
    let families: [(UInt8) -> [UInt8]] = [
      { [10, 9, 0, $0] }, { [0xfd, 9] + [UInt8](repeating: 0, count: 12) + [1, $0 - 100] },
    ]
    for vip in families {
      tables.add(6, vip(100), port: 80, [first, second])
      tables.add(17, vip(100), port: 53, [first])
      tables.add(6, vip(101), port: 0, [second])
      tables.add(17, vip(101), port: 0, [second, first])
      tables.add(6, vip(102), port: 80, [])
      tables.add(17, vip(102), port: 53, [])
    }
    return tables
  }

  private static func set(_ server: inout sluice_server, _ setting: Setting) {
    server.mtu = setting.mtu
    server.tags = (0x2005, 0x0006)
    server.tunnel_port_be = UInt16(6080).bigEndian
    server.source_prefix = setting.hasEntropy ? (setting.outerIsIPv6 ? 64 : 24) : 0
    var flags = SLUICE_SERVER_PRESENT | setting.tags << SLUICE_SERVER_TAGS_SHIFT
    if !setting.isUnresolved { flags |= SLUICE_SERVER_RESOLVED }
    if setting.outerIsIPv6 { flags |= SLUICE_SERVER_IPV6 }
    if setting.hasChecksum { flags |= SLUICE_SERVER_CHECKSUM }
    if setting.hasServiceTags { flags |= SLUICE_SERVER_OUTER_8021AD }
    server.flags = UInt8(flags)
  }
}
