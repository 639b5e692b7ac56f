import Model

/// The weight that a server is scheduled with: the configured weight, or 0 while the server cannot be reached.
///
/// This is the only place that decides it. Further influences (health checks, slow start, maintenance) become arguments here; nothing else in
/// the reconciler changes.
enum EffectiveWeight {
  /// 0: no new flows; existing flows stay with the server.
  static func of(_ server: RealServer, _ resolution: Resolution?) -> Int {
    // Without a next hop a packet would be dropped, so new flows go to servers that can be reached.
    resolution?.nextHop(by: server.method) == nil ? 0 : server.weight
  }
}
