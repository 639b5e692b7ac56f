import Model
import Reconciler
import Forwarding

/// What is measured: how many flows to how many real servers, how the packets leave, and where frames lie.
struct Scenario: Codable {
  enum Arena: String, Codable, CaseIterable {
    /// Few frames, over and over: they stay in the nearest cache.
    case warm
    /// One frame in each 2 KiB chunk of 256 MiB: each is out of the near caches when its turn comes again.
    case cold

    var frames: Int { self == .warm ? 256 : 1 << 17 }
  }

  /// A power of two.
  var flows: Int
  /// Of each of the 64 virtual services.
  var servers: Int
  var method: ForwardingMethod
  var arena: Arena
  /// Every packet begins a flow; otherwise every packet is of a flow that is known.
  var newFlows = false

  static let services = 64

  /// 16, 64 Ki, 1 Mi.
  var flowsText: String {
    newFlows ? "new" : flows >= 1 << 20 ? "\(flows >> 20) Mi" : flows >= 1 << 10 ? "\(flows >> 10) Ki" : "\(flows)"
  }
}
