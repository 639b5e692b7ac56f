import Model

/// The weight a server is scheduled with: what the operator configured, as far as the server can be used at this moment.
///
/// The one place where that is decided. Whatever else comes to bear on it (health checks, slow start, maintenance) becomes an argument
/// here, and nothing else in the reconciler changes.
enum EffectiveWeight {
  /// 0: no new flows; flows that the server has stay with it.
  static func of(_ server: RealServer, _ resolution: Resolution?) -> Int {
    // Without a next hop a packet would be dropped: new flows go to servers that can be reached.
    resolution?.nextHop == nil ? 0 : server.weight
  }
}
