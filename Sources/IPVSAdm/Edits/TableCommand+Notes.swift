import Model

extension TableCommand {
  /// What is only kept in the table. ipvsadm is silent, and scripts take any word on standard error for a failure, so these lines go to
  /// terminals and into the daemon's events.
  package var notes: [String] {
    switch self {
    case .addService(let settings), .editService(let settings):
      settings.key.whyNotForwarded.map { ["\(settings.key): \($0)"] } ?? []
    case .addServer(let server, let key), .editServer(let server, let key):
      server.method.whyNotForwarded.map { ["server \(server.id) of \(key): \($0)"] } ?? []
    default: []
    }
  }
}
