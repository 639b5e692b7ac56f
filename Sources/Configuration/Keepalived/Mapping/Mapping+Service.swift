import Model

extension Mapping {
  /// A service of a block; nil, with notes, if no server of it is left.
  mutating func service(_ key: ServiceKey, _ block: VirtualServerBlock, vips: Set<IPAddress>) -> VirtualService? {
    var service = VirtualService(key, scheduler: block.scheduler, flags: block.flags, onePacket: block.onePacket)
    if !block.hooks.isEmpty { service.hooks = block.hooks }
    service.persistence = block.persistence.persistence(isIPv4: key.address.isIPv4, &notes)
    var checks: [HealthCheck?] = []
    var ids: Set<ServerAddress> = []
    for server in block.servers {
      guard let forwarding = forwarding(of: server, block, key, vips: vips) else { continue }
      var real = RealServer(
        server.address,
        weight: server.weight ?? block.weight,
        method: forwarding.method,
        tunnel: forwarding.tunnel,
        upperThreshold: server.upperThreshold,
        lowerThreshold: server.lowerThreshold
      )
      if forwarding.method == .masquerade {
        notes.unforwardedMasquerade(server.forwardingPlace ?? block.forwardingPlace)
        if let port = server.port, port != key.port { real.id.port = port }
      }
      guard ids.insert(real.id).inserted else {
        notes.add(
          server.place,
          "real_server \(real.id) is there twice: servers differ in their addresses, in ports only if they are masqueraded",
          "it is left out; give the second one an address of its own, or a service of its own"
        )
        continue
      }
      service.servers.append(real)
      checks.append(server.checker.flatMap { check($0, of: server, key) })
    }
    guard !service.servers.isEmpty else {
      notes.add(block.place, "the virtual_server has no server that is carried", "it is left out; give it one")
      return nil
    }
    if let sorry = block.sorry, let forwarding = forwarding(of: sorry, block, key, vips: vips) {
      if forwarding.method == .masquerade {
        notes.uncarriedMasqueradedSorry(sorry.place)
      } else if ids.contains(ServerAddress(sorry.address)) {
        notes.add(
          sorry.place,
          "sorry_server \(sorry.address) is a real_server of the same service, too",
          "it is left out; give another host"
        )
      } else {
        service.sorry = SorryServer(sorry.address, method: forwarding.method, tunnel: forwarding.tunnel)
      }
    }
    share(checks, in: &service, block)
    return service
  }

  /// Nil, with a note, if packets can't get there.
  private mutating func forwarding(
    of server: RealServerBlock,
    _ block: VirtualServerBlock,
    _ key: ServiceKey,
    vips: Set<IPAddress>
  ) -> ServerForwarding? {
    let forwarding = server.forwarding ?? block.forwarding ?? .masquerade
    if vips.contains(server.address) {
      notes.add(
        server.place,
        "\(server.address) is also a virtual_server's address, a forwarding loop",
        "it is left out; give the server's own address"
      )
      return nil
    }
    if !forwarding.method.isTunnel, server.address.isIPv4 != key.address.isIPv4 {
      notes.add(
        server.place,
        "\(server.address) has another IP version than the service",
        "it is left out; use lvs_method TUN for it"
      )
      return nil
    }
    return forwarding
  }

  private mutating func check(_ checker: Checker, of server: RealServerBlock, _ key: ServiceKey) -> HealthCheck? {
    let check = checker.check(port: key.port)
    if let (field, value) = check.ordered.first(where: { $0.field.canonical($0.value) == nil }) {
      notes.add(
        checker.place,
        "the \(checker.keyword) is not carried: its \(field.name) is '\(YAMLValue.excerpt("\(value)"))', not \(field.expected)",
        "the server is not checked"
      )
      return nil
    }
    do throws(CheckFault) {
      _ = try check.check(of: key, server: server.address)
      return check
    } catch {
      notes.add(checker.place, "the \(checker.keyword) is not carried: \(error.what)", "the server is not checked; \(error.hint)")
      return nil
    }
  }

  /// The commonest check becomes the service's, as far as all servers have its settings; what differs stays with the servers.
  private mutating func share(_ checks: [HealthCheck?], in service: inout VirtualService, _ block: VirtualServerBlock) {
    let given = checks.compactMap(\.self)
    guard let commonest = Self.commonest(given) else { return }
    var shared = commonest.settings
    for check in given {
      let kind = check["kind"].flatMap { CheckKind(rawValue: "\($0)") } ?? .none
      // A server can replace what it inherits, but not remove it.
      shared = shared.filter { check[$0.key] != nil || CheckField.named($0.key)?.belongs(to: kind) != true }
    }
    for (position, check) in checks.enumerated() {
      let own = check.map { $0.settings.filter { shared[$0.key] != $0.value } } ?? ["kind": .text(CheckKind.none.rawValue)]
      if !own.isEmpty { service.servers[position].check = HealthCheck(own) }
    }
    let weight = service.servers.reduce(0) { $0 + $1.weight }
    // As keepalived reduces them. A quorum of 1 is what a service has anyway.
    let quorum = min(block.quorum, weight)
    if quorum > 1 {
      shared["quorum"] = .number(quorum)
      let hysteresis = min(block.hysteresis, quorum - 1)
      if hysteresis > 0 { shared["hysteresis"] = .number(hysteresis) }
    }
    service.check = HealthCheck(shared)
  }

  /// Of several, the first.
  private static func commonest(_ checks: [HealthCheck]) -> HealthCheck? {
    var counts: [[String: CheckValue]: Int] = [:]
    for check in checks { counts[check.settings, default: 0] += 1 }
    let most = counts.values.max() ?? 0
    return checks.first { counts[$0.settings] == most }
  }
}
