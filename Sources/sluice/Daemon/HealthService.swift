import ServiceLifecycle

/// Watches the health checks while the daemon runs, and ends them before forwarding ends: a stop is no verdict.
struct HealthService: Service, CustomStringConvertible {
  let checks: HealthChecks

  var description: String { "health checks" }

  func run() async throws {
    // A clock of its own, not a task of the checks' thread: that thread may be the one that hangs.
    try? await cancelWhenGracefulShutdown {
      while true {
        try await Task.sleep(for: .seconds(1))
        checks.watch()
      }
    }
    try? await offPool { checks.stop() }
  }
}
