/// What the checks of a server have found so far.
package struct HealthVerdict: Equatable, Sendable {
  package enum State: String, Codable, Sendable {
    /// No good result yet, and not enough bad ones.
    case unknown
    case up
    case down
  }

  package var state: State
  /// Such as `HTTP 503 from 10.0.0.3:80/healthz, 3 of 3`.
  package var reason: String
  /// The weight that a script or a file asks for; nil: the configured one.
  package var weight: Int?
  /// Tenths of its weight that it has during slow start.
  package var share: Int

  package static let fullShare = 10

  package init(_ state: State, reason: String, weight: Int? = nil, share: Int = fullShare) {
    self.state = state
    self.reason = reason
    self.weight = weight
    self.share = share
  }
}
