import Model

/// Examines the combination, and makes the request of it.
extension CommandLineContents {
  func request(_ command: Option) throws(Failure) -> Request {
    try Legality.of(command).check(given)
    switch command {
    case .addService: return .change(.addService(try serviceSettings()))
    case .editService: return .change(.editService(try serviceSettings()))
    case .deleteService: return .change(.deleteService(key))
    case .clear: return .change(.clear)
    case .addServer: return .change(.addServer(try realServer(), key))
    case .editServer: return .change(.editServer(try realServer(), key))
    case .deleteServer: return .change(.deleteServer(server, key))
    case .zero: return .change(.zero(given.contains(.service) ? key : nil))
    case .set: return .change(.set(timeouts))
    case .save: return .save(isNumeric: given.contains(.numeric))
    case .restore: return .restore
    case .startDaemon: return .startDaemon
    case .stopDaemon: return .stopDaemon
    default: return .list(try listRequest())
    }
  }

  private var key: ServiceKey {
    if mark > 0 { return ServiceKey(mark: mark, isIPv4: !isIPv6Mark) }
    return ServiceKey(transport ?? .tcp, address ?? IPAddress(word: 0), port: port)
  }

  private func serviceSettings() throws(Failure) -> TableCommand.ServiceSettings {
    if mark == 0, port == 0, persistence == nil { throw Failure("Zero port specified for non-persistent service") }
    let onePacket = given.contains(.onePacket)
    if onePacket, mark == 0, transport != .udp { throw Failure("One-Packet Scheduling is only for UDP virtual services") }
    return TableCommand.ServiceSettings(
      key,
      scheduler: scheduler.isEmpty ? TableCommand.ServiceSettings.usualScheduler : scheduler,
      flags: schedulerFlags,
      persistence: persistence.map { Persistence(timeout: $0, netmask: netmask) },
      onePacket: onePacket,
      engine: engine
    )
  }

  private func realServer() throws(Failure) -> RealServer {
    var port = server.port
    // Direct routing and tunnels change no ports; a firewall mark has none that they could keep.
    if mark == 0, method != .masquerading { port = self.port }
    if server.address.isIPv4 == isIPv6, method != .ipip {
      throw Failure("Different address family is allowed only for tunneling servers")
    }
    if method == .ipip {
      try Legality.of(tunnelType).check(given, among: Aspect.ofTunnels)
    } else if !given.isDisjoint(with: Aspect.ofTunnels) {
      throw Failure("Tunnel options conflict with forward method")
    }
    guard !given.contains(.tunnelRemoteChecksum) else {
      throw Failure(
        "--tun-remcsum is not supported: Sluice computes no remote checksums; use --tun-csum or --tun-nocsum",
        code: Failure.refused
      )
    }
    return RealServer(
      server.address,
      port: port,
      weight: weight,
      method: forwarding,
      tunnel: TunnelOptions(
        port: tunnelPort,
        checksum: method == .ipip && tunnelType != .ipip ? given.contains(.tunnelChecksum) : nil
      ),
      upperThreshold: upperThreshold,
      lowerThreshold: lowerThreshold
    )
  }

  private var forwarding: ForwardingMethod {
    switch (method, tunnelType) {
    case (.gatewaying, _): .direct
    case (.masquerading, _): .masquerade
    case (.ipip, .ipip): .ipip
    case (.ipip, .gue): .gue
    case (.ipip, .gre): .gre
    }
  }

  private func listRequest() throws(Failure) -> ListRequest {
    let counts: [Aspect] = [.stats, .rate, .thresholds]
    let hasOther = !given.isDisjoint(with: [.timeout, .daemon])
    if hasOther || given.contains(.connection), !given.isDisjoint(with: counts) {
      throw Failure("options conflicts in the list command")
    }
    if hasOther, given.contains(.persistentConnections) { throw Failure("options conflicts in the list command") }
    return ListRequest(
      subject,
      columns: columns,
      isNumeric: given.contains(.numeric),
      isExact: given.contains(.exact),
      isSorted: !given.contains(.noSort)
    )
  }

  private var subject: ListRequest.Subject {
    if given.contains(.connection) { return .connections }
    if given.contains(.service) { return .service(key) }
    if given.contains(.timeout) { return .timeouts }
    return given.contains(.daemon) ? .daemon : .all
  }

  /// The first that was given, in this order.
  private var columns: ListRequest.Columns {
    if given.contains(.stats) { return .stats }
    if given.contains(.rate) { return .rate }
    if given.contains(.thresholds) { return .thresholds }
    if given.contains(.persistentConnections) { return .persistentConnections }
    return given.contains(.tunnelInfo) ? .tunnelInfo : .plain
  }
}
