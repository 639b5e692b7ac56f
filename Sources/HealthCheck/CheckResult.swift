/// What one check found.
package enum CheckResult: Equatable, Sendable {
  /// With the weight that a script or a file asks for.
  case good(weight: Int? = nil)
  /// A clause such as `HTTP 503 from 10.0.0.3:80/healthz`.
  case bad(String)
}
