import Model

/// The services that a real server belongs to. Most servers belong to one, which needs no array.
enum ServerUsers: Equatable, Sendable {
  case one(ServiceKey)
  case many([ServiceKey])

  var services: [ServiceKey] {
    switch self {
    case .one(let service): [service]
    case .many(let services): services
    }
  }

  /// - Parameter service: must not be in the set yet.
  mutating func add(_ service: ServiceKey) {
    var services = services
    // Drops `self`'s reference to the array first, so that the append does not copy it for each service of the server.
    self = .one(service)
    services.append(service)
    self = .many(services)
  }

  /// Nil when no service is left.
  func without(_ service: ServiceKey) -> ServerUsers? {
    let rest = services.filter { $0 != service }
    return rest.count > 1 ? .many(rest) : rest.first.map { .one($0) }
  }
}

extension [IPAddress: ServerUsers] {
  /// - Returns: whether it is the server's first service.
  @discardableResult
  mutating func add(_ service: ServiceKey, to server: IPAddress) -> Bool {
    if self[server]?.add(service) != nil { return false }
    self[server] = .one(service)
    return true
  }
}
