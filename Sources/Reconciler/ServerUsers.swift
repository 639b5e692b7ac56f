import Model

/// The services that a real server belongs to. Of nearly all servers it is one, which takes no array.
enum ServerUsers: Equatable, Sendable {
  case one(ServiceKey)
  case many([ServiceKey])

  var services: [ServiceKey] {
    switch self {
    case .one(let service): [service]
    case .many(let services): services
    }
  }

  /// - Parameter service: not among them yet.
  mutating func add(_ service: ServiceKey) {
    var services = services
    // Held by `services` alone, or a machine in every service would have them all copied for each.
    self = .one(service)
    services.append(service)
    self = .many(services)
  }

  /// Nil when none is left.
  func without(_ service: ServiceKey) -> ServerUsers? {
    let rest = services.filter { $0 != service }
    return rest.count > 1 ? .many(rest) : rest.first.map { .one($0) }
  }
}

extension [IPAddress: ServerUsers] {
  /// - Returns: whether it is the server's first.
  @discardableResult
  mutating func add(_ service: ServiceKey, to server: IPAddress) -> Bool {
    if self[server]?.add(service) != nil { return false }
    self[server] = .one(service)
    return true
  }
}
