import Model

extension ServiceTable {
  /// Reads the `services` section. A validation error of the table is reported at its place in the file.
  init(_ value: YAMLValue) throws(ConfigurationError) {
    var services: [VirtualService] = []
    // For a duplicate the second place is kept: that is the one to remove.
    var keys: [ServiceKey: YAMLValue] = [:]
    var addresses: [ServerName: YAMLValue] = [:]
    for item in try value.list() {
      let fields = try item.fields(VirtualService.CodingKeys.allCases.map(\.rawValue))
      let name = try fields.required("service", example: "tcp 10.0.0.100:80")
      var service = VirtualService(try name.parsed(ServiceKey.form) { ServiceKey($0) })
      keys[service.key] = name
      if let value = fields["scheduler"] { service.scheduler = try value.choice(Scheduler.self) }
      if let value = fields["scheduler-flags"] { service.flags = try value.flags() }
      if let value = fields["persistence"] { service.persistence = try value.persistence(isIPv4: service.key.address.isIPv4) }
      if let value = fields["one-packet"] { service.onePacket = try value.truth() }
      if let value = fields["ring"] { service.ringSize = try value.parsed(RingSize.form) { RingSize($0) } }
      if let value = fields["on-server-loss"] { service.onServerLoss = try value.choice(ServerLossPolicy.self) }
      if let value = fields["no-server"] { service.noServer = try value.choice(NoServerAnswer.self) }
      if let value = fields["takes-host"] { service.takesHost = try value.truth() }
      if let value = fields["check"] { service.check = try HealthCheck(value, CheckField.all) }
      if let value = fields["hooks"] { service.hooks = try Hooks(value) }
      for item in try fields["servers"]?.list() ?? [] {
        let (server, address) = try Self.server(item)
        addresses[ServerName(server.id, of: service.key)] = address
        service.servers.append(server)
      }
      if let value = fields["sorry"] {
        let (sorry, address) = try Self.sorry(value)
        addresses[ServerName(sorry.address, of: service.key)] = address
        service.sorry = sorry
      }
      services.append(service)
    }
    do {
      try self.init(services: services)
    } catch {
      let place = error.server.flatMap { addresses[$0] } ?? keys[error.service] ?? value
      throw place.error(error.what, hint: error.hint)
    }
  }

  private static func server(_ value: YAMLValue) throws(ConfigurationError) -> (RealServer, address: YAMLValue) {
    let fields = try value.fields(RealServer.CodingKeys.allCases.map(\.rawValue))
    let address = try fields.required("address", example: "10.0.0.2")
    let id = try address.parsed(ServerAddress.form) { ServerAddress($0) }
    var server = RealServer(id.address, port: id.port, method: try Self.method(fields), tunnel: try TunnelOptions(fields))
    if let value = fields["weight"] { server.weight = try value.number(in: RealServer.weights) }
    if let value = fields["check"] { server.check = try HealthCheck(value, CheckField.ofServer) }
    if let value = fields["maintenance"] { server.maintenance = try value.truth() }
    if let value = fields["upper-threshold"] { server.upperThreshold = try value.number(in: RealServer.thresholds) }
    if let value = fields["lower-threshold"] { server.lowerThreshold = try value.number(in: RealServer.thresholds) }
    if let value = fields["drain-until"] { server.drainUntil = try value.number(in: RealServer.drainTimes) }
    return (server, address)
  }

  /// An address alone, or a real server without a weight.
  private static func sorry(_ value: YAMLValue) throws(ConfigurationError) -> (SorryServer, address: YAMLValue) {
    if value.node.scalar != nil { return (SorryServer(try value.address()), value) }
    let fields = try value.fields(SorryServer.fields.map(\.rawValue))
    let address = try fields.required("address", example: "10.0.0.9")
    return (SorryServer(try address.address(), method: try method(fields), tunnel: try TunnelOptions(fields)), address)
  }

  private static func method(_ fields: YAMLFields) throws(ConfigurationError) -> ForwardingMethod {
    guard let value = fields["forward"] else { return .direct }
    return try value.choice(ForwardingMethod.self)
  }
}

extension YAMLValue {
  fileprivate func address() throws(ConfigurationError) -> IPAddress {
    try parsed("an IPv4 or IPv6 address") { IPAddress($0) }
  }

  fileprivate func flags() throws(ConfigurationError) -> SchedulerFlags {
    var flags: SchedulerFlags = []
    for item in try list() { flags.formUnion(try item.parsed(SchedulerFlags.form) { SchedulerFlags(names: ["\($0)"]) }) }
    return flags
  }

  /// Seconds alone, or a mapping with the netmask.
  fileprivate func persistence(isIPv4: Bool) throws(ConfigurationError) -> Persistence {
    var persistence = Persistence(netmask: Persistence.single(isIPv4: isIPv4))
    if node.scalar != nil {
      persistence.timeout = try number(in: Persistence.timeouts)
      return persistence
    }
    let fields = try fields(Persistence.CodingKeys.allCases.map(\.rawValue))
    if let value = fields["timeout"] { persistence.timeout = try value.number(in: Persistence.timeouts) }
    if let value = fields["netmask"] { persistence.netmask = try value.parsed(Persistence.maskForm) { Persistence.mask($0) } }
    return persistence
  }
}

extension TunnelOptions {
  fileprivate init(_ fields: YAMLFields) throws(ConfigurationError) {
    self.init()
    if let value = fields["tunnel-port"] { port = try value.number(in: Self.ports) }
    if let value = fields["checksum"] { checksum = try value.truth() }
    if let value = fields["source"] { source = try value.parsed(TunnelSource.form) { TunnelSource($0) } }
    guard let value = fields["entropy"] else { return }
    if source != nil { throw value.error("\(value.path) and 'source' are both given", hint: "keep one") }
    source = .prefix(try value.parsed(AddressPrefix.form) { AddressPrefix($0) })
  }
}
