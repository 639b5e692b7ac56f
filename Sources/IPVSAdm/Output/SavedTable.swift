import Model

/// What `-S` writes and `-R` reads. Thresholds and timeouts are left out, as ipvsadm leaves them out.
package enum SavedTable {
  package static func text(_ report: TableReport, isNumeric: Bool, names: Names) -> String {
    let labels = Labels(names: names, isNumeric: isNumeric)
    var text = ""
    for service in Sorting.sorted(report.services).map(\.service) {
      let option = labels.option(service.key)
      text += "-A \(option) -s \(service.scheduler.rawValue)\(service.savedSettings)\n"
      // From an order that is always the same, so that what is restored is saved as it was.
      let servers = service.servers.sorted { $0.id < $1.id }
      for server in Sorting.order(servers, of: service.key).map({ servers[$0] }) {
        text += "-a \(option) -r \(labels.endpoint(server.id, of: service.key)) \(server.method.option) -w \(server.weight)"
        text += server.savedTunnel + "\n"
      }
    }
    return text
  }
}

extension VirtualService {
  fileprivate var savedSettings: String {
    var text = ""
    if let persistence { text += " -p \(persistence.timeout)" }
    if let maskText { text += " -M \(maskText)" }
    if onePacket { text += " -o" }
    // Without a name after it when the scheduler has none for its flag; `-R` understands that.
    if !flags.isEmpty { text += " -b \(flagNames.joined(separator: ","))" }
    return text
  }
}

extension RealServer {
  fileprivate var savedTunnel: String {
    let checksum = tunnel.checksum == true ? "--tun-csum" : "--tun-nocsum"
    return switch method {
    case .direct, .masquerade: ""
    case .ipip: " --tun-type ipip"
    case .gue: " --tun-type gue --tun-port \(tunnel.port ?? TunnelOptions.usualPort) \(checksum)"
    case .gre: " --tun-type gre \(checksum)"
    }
  }
}
