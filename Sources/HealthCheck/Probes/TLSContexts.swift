import Model
import NIOSSL

/// TLS settings, one for each kind of verification: making one reads the certificates that the host trusts.
// Unchecked: used on the event loop of the checks only.
final class TLSContexts: @unchecked Sendable {
  private var made: [Key: NIOSSLContext] = [:]

  private struct Key: Hashable {
    var isVerified: Bool
    var ca: String?
    var protocols: [String]
  }

  /// More files of certificates than this are read anew.
  private static let limit = 64

  /// - Parameter protocols: what is offered by ALPN.
  func context(for probe: Check.TLSProbe, protocols: [String] = []) throws -> NIOSSLContext {
    let key = Key(isVerified: probe.isVerified, ca: probe.ca, protocols: protocols)
    if let context = made[key] { return context }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = probe.isVerified ? .fullVerification : .none
    configuration.applicationProtocols = protocols
    if let ca = probe.ca { configuration.trustRoots = .file(ca) }
    let context = try NIOSSLContext(configuration: configuration)
    if made.count >= Self.limit { made = [:] }
    made[key] = context
    return context
  }
}
