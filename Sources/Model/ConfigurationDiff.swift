/// One difference between two service tables: what `apply` changed, or what `apply --dry-run` would change.
package struct ConfigurationChange: Equatable, Sendable {
  package enum Action: String, Codable, Sendable {
    case add
    case change
    case remove
  }

  /// The old and new value of a setting; nil where there is none.
  package struct Setting: Equatable, Sendable, Codable {
    package var name: String
    package var from: String?
    package var to: String?
  }

  package var action: Action
  package var service: ServiceKey
  /// Nil for a change of the service itself.
  package var server: ServerAddress?
  package var settings: [Setting]
}

extension ConfigurationChange: Codable {
  package enum CodingKeys: String, CodingKey, CaseIterable { case action, service, server, settings }
}

extension ConfigurationChange: CustomStringConvertible {
  /// One line, such as `~ server 10.0.0.2 of tcp 10.0.0.100:80: weight 1 -> 0`.
  package var description: String {
    let sign =
      switch action {
      case .add: "+"
      case .change: "~"
      case .remove: "-"
      }
    let subject = server.map { "server \($0) of \(service)" } ?? "service \(service)"
    let texts = settings.map { setting in
      [setting.name, setting.from, setting.from != nil && setting.to != nil ? "->" : nil, setting.to].compactMap(\.self)
        .joined(separator: " ")
    }
    return "\(sign) \(subject)" + (texts.isEmpty ? "" : ": " + texts.joined(separator: ", "))
  }
}

extension ServiceTable {
  /// The changes that turn one table into the other: in the order of the new table, removals last. A different order of the same
  /// services or servers is not a change.
  package static func difference(from old: ServiceTable, to new: ServiceTable) -> [ConfigurationChange] {
    let kept = new.services.flatMap { service in
      let former = old.service(service.key)
      // Unchanged services share their storage, so that comparing them takes constant time.
      return former == service ? [] : difference(from: former, to: service)
    }
    let removed = old.services.filter { new.service($0.key) == nil }
    return kept + removed.map { ConfigurationChange(action: .remove, service: $0.key, server: nil, settings: []) }
  }

  private static func difference(from old: VirtualService?, to new: VirtualService) -> [ConfigurationChange] {
    var changes: [ConfigurationChange] = []
    if let old {
      let settings = changed(from: old.settings, to: new.settings)
      if !settings.isEmpty {
        changes.append(ConfigurationChange(action: .change, service: new.key, server: nil, settings: settings))
      }
    } else {
      // Of a new service list only what differs from the defaults.
      let settings = changed(from: VirtualService(new.key).settings, to: new.settings)
        .map { ConfigurationChange.Setting(name: $0.name, from: nil, to: $0.to) }
      changes.append(ConfigurationChange(action: .add, service: new.key, server: nil, settings: settings))
    }
    let oldServers = Dictionary(uniqueKeysWithValues: (old?.servers ?? []).map { ($0.id, $0) })
    let kept = Set(new.servers.map(\.id))
    for server in new.servers {
      let settings = changed(from: oldServers[server.id]?.settings ?? [], to: server.settings)
      if settings.isEmpty { continue }
      let action: ConfigurationChange.Action = oldServers[server.id] == nil ? .add : .change
      changes.append(ConfigurationChange(action: action, service: new.key, server: server.id, settings: settings))
    }
    for server in old?.servers ?? [] where !kept.contains(server.id) {
      changes.append(ConfigurationChange(action: .remove, service: new.key, server: server.id, settings: []))
    }
    return changes
  }

  /// Defaults that are not listed for a new server.
  private static let usual = [
    "source": "\(TunnelSource.interface)", "check": RealServer.noCheckOfItsOwn, "maintenance": "false",
    "upper-threshold": "0", "lower-threshold": "0",
    "drain-until": "none",
  ]

  private static func changed(
    from old: [(name: String, value: String)],
    to new: [(name: String, value: String)]
  ) -> [ConfigurationChange.Setting] {
    new.compactMap { name, to in
      let from = old.first { $0.name == name }?.value
      // What was absent and is now the default is not a change.
      if from == to || from == nil && usual[name] == to { return nil }
      return ConfigurationChange.Setting(name: name, from: from, to: to)
    }
  }
}

extension VirtualService {
  fileprivate var settings: [(name: String, value: String)] {
    [
      ("scheduler", scheduler.rawValue), ("scheduler-flags", "\(flags)"), ("ring", "\(ringSize)"),
      ("persistence", persistence.map { "\($0)" } ?? "none"), ("one-packet", "\(onePacket)"),
      ("on-server-loss", onServerLoss.rawValue),
      ("no-server", noServer.rawValue), ("sorry", sorry.map { "\($0)" } ?? "none"),
      ("takes-host", "\(takesHost)"), ("check", check?.description ?? "none"),
      ("hooks", hooks?.description ?? "none"),
    ]
  }
}

extension RealServer {
  fileprivate static let noCheckOfItsOwn = "the service's"

  fileprivate var settings: [(name: String, value: String)] {
    [("weight", "\(weight)"), ("forward", method.rawValue)] + tunnel.settings
      + [
        ("check", check?.description ?? Self.noCheckOfItsOwn), ("maintenance", "\(maintenance)"),
        ("upper-threshold", "\(upperThreshold)"), ("lower-threshold", "\(lowerThreshold)"),
        ("drain-until", drainUntil.map { "\($0)" } ?? "none"),
      ]
  }
}

extension TunnelOptions {
  fileprivate var settings: [(name: String, value: String)] {
    let port = port.map { ("tunnel-port", "\($0)") }
    let checksum = checksum.map { ("checksum", "\($0)") }
    // Source and entropy are one setting: `source 10.0.0.1 -> entropy 10.200.0.0/16`.
    return [port, checksum, source.map { ("source", "\($0)") }].compactMap(\.self)
  }
}
