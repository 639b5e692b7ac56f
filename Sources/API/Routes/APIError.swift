import IPVSAdm
import Model
import Offline
import Reconciler

/// An error as the control API sends it: `{"error": {"code": ..., "message": ...}}` with an HTTP status.
package struct APIError: Error, Equatable, Sendable {
  package var status: Int
  /// Stable, for programs.
  package var code: String
  /// For operators, one line: what is wrong, where, and how to fix it.
  package var message: String

  package init(status: Int, code: String, message: String) {
    self.status = status
    self.code = code
    self.message = message
  }
}

extension APIError: CustomStringConvertible {
  package var description: String { message }
}

extension APIError: Codable {
  package enum CodingKeys: String, CodingKey { case code, message }

  private enum Envelope: String, CodingKey { case error }

  /// The status is in the response's first line, not in its body.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Envelope.self).nestedContainer(keyedBy: CodingKeys.self, forKey: .error)
    self.init(
      status: 0,
      code: try fields.decode(String.self, forKey: .code),
      message: try fields.decode(String.self, forKey: .message)
    )
  }

  package func encode(to encoder: any Encoder) throws {
    var envelope = encoder.container(keyedBy: Envelope.self)
    var fields = envelope.nestedContainer(keyedBy: CodingKeys.self, forKey: .error)
    try fields.encode(code, forKey: .code)
    try fields.encode(message, forKey: .message)
  }
}

extension APIError {
  static func badRequest(_ message: String) -> APIError { APIError(status: 400, code: "bad-request", message: message) }

  static func badJSON(_ message: String) -> APIError { APIError(status: 400, code: "bad-json", message: message) }

  /// Converts any error of the model, the tables or the decoder.
  init(_ error: any Error) {
    switch error {
    case let error as APIError:
      self = error
    case let error as ServiceTableError:
      self.init(status: error.status, code: error.code, message: error.description)
    case let error as CommandRefusal:
      self.init(error)
    case let error as TableCapacityError:
      // The request is valid, but the server has no room for it (RFC 4918 11.5).
      self.init(status: 507, code: error.code, message: error.description)
    case let error as EditRefusal:
      self.init(status: 503, code: "unavailable", message: error.description)
    case let error as HostConflict:
      self.init(status: 409, code: error.code, message: error.description)
    case let error as DecodingError:
      self = .badRequest(error.line)
    default:
      self.init(status: 500, code: "internal", message: "\(error)")
    }
  }
}

extension APIError {
  fileprivate init(_ error: CommandRefusal) {
    let status =
      switch error.refusal.code {
      case Refusal.noSuchService.code, Refusal.noSuchServer.code: 404
      case Refusal.serviceExists.code, Refusal.serverExists.code: 409
      default: 422
      }
    let place = error.number.map { "command \($0): " } ?? ""
    self.init(status: status, code: error.refusal.code, message: place + error.refusal.message)
  }
}

extension ServiceTableError {
  /// 404 for something missing, 409 for something that exists already, 422 for something invalid (RFC 9110 15.5).
  fileprivate var status: Int {
    switch self {
    case .noSuchService, .noSuchServer: 404
    case .serviceExists, .serverExists: 409
    case .badWeight, .badDrain, .badRingSize, .tooManyServersOfOne, .badServiceAddress, .badServerAddress, .familyMismatch,
      .serverIsVIP,
      .badTunnel, .badCheck, .sorryIsServer, .portOfServer, .badThreshold, .thresholdsCross, .masqueradedSorry,
      .onePacketNeedsUDP, .badPersistence, .badNetmask:
      422
    }
  }
}
