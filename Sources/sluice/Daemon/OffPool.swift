import NIOPosix

/// Work that waits for the kernel or for other threads, on a thread that may: the runtime's pool has one a core, and a blocked one is missed by
/// every client.
func offPool<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await NIOThreadPool.singleton.runIfActive(work)
}
