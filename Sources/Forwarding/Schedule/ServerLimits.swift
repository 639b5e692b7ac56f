import ABI

/// Thresholds of the real servers' connections (ipvsadm(8), `--u-threshold`, `--l-threshold`): a server that has reached the upper one gets
/// no new flows until it is below the lower one, or below three quarters of the upper if there is no lower one.
///
/// Connections count at all workers. Each worker keeps for itself whether a server is overloaded; only the packets that schedule a flow of a
/// service with thresholds read them. Between two workers' flows a server may get as many too many as there are workers.
struct ServerLimits {
  let peers: PeerFlows
  let loads: UnsafeMutablePointer<ServerLoad>

  // Written out: the synthesized initializer cannot have the attribute.
  @inline(__always) @_noLocks
  init(peers: PeerFlows, loads: UnsafeMutablePointer<ServerLoad>) { (self.peers, self.loads) = (peers, loads) }

  /// Whether the server gets no new flows now. Called for a server that may get one, and when one has begun, as the kernel does
  /// (ip_vs_conn.c, `ip_vs_bind_dest`, `ip_vs_unbind_dest`).
  @inline(__always) @_noLocks
  func isOverloaded(_ server: UInt32, _ tables: Tables) -> Bool {
    let upper = tables.owners[Int(server)].upper_threshold
    let load = loads + Int(server)
    guard upper != 0 else { return false }
    let count = peers.connections(of: server, incarnation: tables.servers[Int(server)].incarnation, own: loads)
    if count >= upper {
      load.pointee.overloaded = 1
    } else if load.pointee.overloaded != 0, isRelieved(count, upper: upper, lower: tables.owners[Int(server)].lower_threshold) {
      load.pointee.overloaded = 0
    }
    return load.pointee.overloaded != 0
  }

  @inline(__always) @_noLocks
  private func isRelieved(_ count: UInt32, upper: UInt32, lower: UInt32) -> Bool {
    lower != 0 ? count < lower : UInt64(count) &* 4 < UInt64(upper) &* 3
  }

  /// Slots of a ring to look at when servers are overloaded. A flow for which none of them has room counts as dropped-no-server.
  static var mostSlots: UInt32 {
    @inline(__always) @_noLocks get { 256 }
  }

  /// Whether servers of the service have thresholds.
  @inline(__always) @_noLocks
  static func exist(_ service: UnsafeMutablePointer<sluice_service>) -> Bool {
    service.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVICE_THRESHOLDS) != 0
  }
}
