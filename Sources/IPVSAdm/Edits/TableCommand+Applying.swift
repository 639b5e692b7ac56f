import Model

/// Carries commands out. What is refused, and in which order it is examined, is as in the kernel (net/netfilter/ipvs/ip_vs_ctl.c).
extension TableCommand {
  /// Changes nothing when it throws, since the caller's copy is then dropped.
  package func apply(to table: inout ServiceTable) throws(Refusal) {
    switch self {
    case .clear: table = ServiceTable()
    case .addService(let settings): try Self.add(settings, to: &table)
    case .editService(let settings): try Self.edit(settings, in: &table)
    case .deleteService(let key):
      guard table.service(key) != nil else { throw .noSuchService }
      try refusing { () throws(ServiceTableError) in try table.removeService(key) }
    case .addServer(let server, let key): try Self.add(server, to: key, in: &table)
    case .editServer(let server, let key): try Self.edit(server, of: key, in: &table)
    case .deleteServer(let id, let key):
      guard table.service(key) != nil else { throw .serviceNotDefined }
      try refusing { () throws(ServiceTableError) in try table.removeServer(id, of: key) }
    case .zero(let key):
      if let key, table.service(key) == nil { throw .noSuchService }
    case .set: break
    }
  }

  private static func add(_ settings: ServiceSettings, to table: inout ServiceTable) throws(Refusal) {
    if table.service(settings.key) != nil { throw .serviceExists }
    let scheduler = try scheduler(of: settings)
    try refusing { () throws(ServiceTableError) in
      try table.addService(
        VirtualService(
          settings.key,
          scheduler: scheduler,
          flags: settings.flags,
          persistence: settings.persistence,
          onePacket: settings.onePacket
        )
      )
    }
  }

  private static func edit(_ settings: ServiceSettings, in table: inout ServiceTable) throws(Refusal) {
    guard let service = table.service(settings.key) else { throw .noSuchService }
    let scheduler = try scheduler(of: settings)
    var ring = service.ringSize
    // A size that the new scheduler doesn't have.
    if case .slots(let size) = ring, !RingSize.offered(by: scheduler).contains(size) { ring = .auto }
    try refusing { () throws(ServiceTableError) in
      try table.setService(
        settings.key,
        scheduler: scheduler,
        flags: settings.flags,
        ringSize: ring,
        persistence: .some(settings.persistence),
        onePacket: settings.onePacket
      )
    }
  }

  /// Persistence engines are modules of the kernel: Sluice is one without any.
  private static func scheduler(of settings: ServiceSettings) throws(Refusal) -> Scheduler {
    guard let scheduler = Scheduler(rawValue: settings.scheduler), settings.engine == nil else { throw .noSuchScheduler }
    return scheduler
  }

  private static func add(_ server: RealServer, to key: ServiceKey, in table: inout ServiceTable) throws(Refusal) {
    guard table.service(key) != nil else { throw .serviceNotDefined }
    if server.lowerThreshold > server.upperThreshold { throw .outOfRange }
    try refusing { () throws(ServiceTableError) in try table.addServer(server, to: key) }
  }

  private static func edit(_ server: RealServer, of key: ServiceKey, in table: inout ServiceTable) throws(Refusal) {
    guard table.service(key) != nil else { throw .serviceNotDefined }
    if server.lowerThreshold > server.upperThreshold { throw .outOfRange }
    try refusing { () throws(ServiceTableError) in
      try table.setServer(
        server.id,
        of: key,
        weight: server.weight,
        method: server.method,
        // A tunnel's source is Sluice's own and stays.
        tunnel: TunnelOptions(port: server.tunnel.port, checksum: server.tunnel.checksum),
        upperThreshold: server.upperThreshold,
        lowerThreshold: server.lowerThreshold
      )
    }
  }
}

/// Translates the model's errors.
private func refusing(_ change: () throws(ServiceTableError) -> Void) throws(Refusal) {
  do throws(ServiceTableError) { try change() } catch { throw Refusal(error) }
}
