import Forwarding
import Model
import Reconciler

/// One measurement: number of flows and real servers, forwarding method, and arena of the frames.
struct Scenario: Codable {
  enum Arena: String, Codable, CaseIterable {
    /// The same few frames again and again: they stay in the L1 and L2 caches.
    case warm
    /// One frame in each 2 KiB chunk of 256 MiB: none is cached when it is processed again.
    case cold

    var frames: Int { self == .warm ? 256 : 1 << 17 }
  }

  /// A power of two.
  var flows: Int
  /// Of each of the 64 virtual services.
  var servers: Int
  var method: ForwardingMethod
  var arena: Arena
  /// Whether every packet starts a flow; otherwise every packet belongs to a known flow.
  var newFlows = false

  static let services = 64

  /// 16, 64 Ki, 1 Mi.
  var flowsText: String {
    newFlows ? "new" : flows >= 1 << 20 ? "\(flows >> 20) Mi" : flows >= 1 << 10 ? "\(flows >> 10) Ki" : "\(flows)"
  }
}
