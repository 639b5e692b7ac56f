import NIOPosix

/// Runs blocking work on a thread of its own. The runtime's pool has one thread per core, and a blocked one delays every client.
func offPool<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await NIOThreadPool.singleton.runIfActive(work)
}
