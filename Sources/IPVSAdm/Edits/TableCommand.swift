import Model

/// A command that changes something, with all names resolved. The table decides whether it is carried out.
package enum TableCommand: Equatable, Sendable {
  case clear
  case addService(ServiceSettings)
  /// Replaces all that it names; what ipvsadm doesn't know, such as checks, stays.
  case editService(ServiceSettings)
  case deleteService(ServiceKey)
  case addServer(RealServer, ServiceKey)
  case editServer(RealServer, ServiceKey)
  case deleteServer(ServerAddress, ServiceKey)
  /// Nil: all services.
  case zero(ServiceKey?)
  case set(TimeoutChange)

  /// What ipvsadm says of a service.
  package struct ServiceSettings: Equatable, Sendable {
    package var key: ServiceKey
    /// A name; the table may not have it.
    package var scheduler: String
    package var flags: SchedulerFlags
    package var persistence: Persistence?
    package var onePacket: Bool
    /// A persistence engine; nil: none.
    package var engine: String?

    package init(
      _ key: ServiceKey,
      scheduler: String = usualScheduler,
      flags: SchedulerFlags = [],
      persistence: Persistence? = nil,
      onePacket: Bool = false,
      engine: String? = nil
    ) {
      self.key = key
      self.scheduler = scheduler
      self.flags = flags
      self.persistence = persistence
      self.onePacket = onePacket
      self.engine = engine
    }

    package static let usualScheduler = "wlc"
  }
}

extension TableCommand: Codable {
  package enum Name: String, Codable, CaseIterable {
    case clear
    case addService = "add-service"
    case editService = "edit-service"
    case deleteService = "delete-service"
    case addServer = "add-server"
    case editServer = "edit-server"
    case deleteServer = "delete-server"
    case zero, set
  }

  package enum CodingKeys: String, CodingKey, CaseIterable {
    case command, service, scheduler, persistence, server, timeouts
    case flags = "scheduler-flags"
    case onePacket = "one-packet"
    case engine = "persistence-engine"
  }

  private static func keys(of name: Name) -> [CodingKeys] {
    switch name {
    case .clear: [.command]
    case .addService, .editService: [.command, .service, .scheduler, .flags, .persistence, .onePacket, .engine]
    case .deleteService, .zero: [.command, .service]
    case .addServer, .editServer, .deleteServer: [.command, .service, .server]
    case .set: [.command, .timeouts]
    }
  }

  package init(from decoder: any Decoder) throws {
    let name = try decoder.container(keyedBy: CodingKeys.self).decode(Name.self, forKey: .command)
    let fields = try decoder.strictFields(CodingKeys.self, of: Self.keys(of: name))
    func service() throws -> ServiceKey { try fields.decode(ServiceKey.self, forKey: .service) }
    func settings() throws -> ServiceSettings {
      ServiceSettings(
        try service(),
        scheduler: try fields.decodeIfPresent(String.self, forKey: .scheduler) ?? ServiceSettings.usualScheduler,
        flags: try fields.decodeIfPresent(SchedulerFlags.self, forKey: .flags) ?? [],
        persistence: try fields.decodeIfPresent(Persistence.self, forKey: .persistence),
        onePacket: try fields.decodeIfPresent(Bool.self, forKey: .onePacket) ?? false,
        engine: try fields.decodeIfPresent(String.self, forKey: .engine)
      )
    }
    switch name {
    case .clear: self = .clear
    case .addService: self = .addService(try settings())
    case .editService: self = .editService(try settings())
    case .deleteService: self = .deleteService(try service())
    case .addServer: self = .addServer(try fields.decode(RealServer.self, forKey: .server), try service())
    case .editServer: self = .editServer(try fields.decode(RealServer.self, forKey: .server), try service())
    case .deleteServer: self = .deleteServer(try fields.decode(ServerAddress.self, forKey: .server), try service())
    case .zero: self = .zero(try fields.decodeIfPresent(ServiceKey.self, forKey: .service))
    case .set: self = .set(try fields.decode(TimeoutChange.self, forKey: .timeouts))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    func encode(_ name: Name, _ service: ServiceKey?) throws {
      try fields.encode(name, forKey: .command)
      try fields.encodeIfPresent(service, forKey: .service)
    }
    func encode(_ name: Name, _ settings: ServiceSettings) throws {
      try encode(name, settings.key)
      try fields.encode(settings.scheduler, forKey: .scheduler)
      if !settings.flags.isEmpty { try fields.encode(settings.flags, forKey: .flags) }
      try fields.encodeIfPresent(settings.persistence, forKey: .persistence)
      if settings.onePacket { try fields.encode(true, forKey: .onePacket) }
      try fields.encodeIfPresent(settings.engine, forKey: .engine)
    }
    switch self {
    case .clear: try encode(.clear, nil)
    case .addService(let settings): try encode(.addService, settings)
    case .editService(let settings): try encode(.editService, settings)
    case .deleteService(let key): try encode(.deleteService, key)
    case .addServer(let server, let key):
      try encode(.addServer, key)
      try fields.encode(server, forKey: .server)
    case .editServer(let server, let key):
      try encode(.editServer, key)
      try fields.encode(server, forKey: .server)
    case .deleteServer(let server, let key):
      try encode(.deleteServer, key)
      try fields.encode(server, forKey: .server)
    case .zero(let key): try encode(.zero, key)
    case .set(let timeouts):
      try encode(.set, nil)
      try fields.encode(timeouts, forKey: .timeouts)
    }
  }
}
