import Foundation
import Model
import NIOPosix

/// One parsed request.
struct Call: Sendable {
  var parameters: [String: String]
  var query: [String: String]
  var body: Data

  /// Bodies up to this size are decoded in place; larger ones on `decoder`, so that a table of 100,000 servers does not block one of the
  /// runtime's few threads.
  private static let smallBody = 64 << 10

  /// Decodes large bodies, one after another. Not SwiftNIO's own pool: it has a thread for each core, encodes replies, and stops the daemon, so
  /// as many clients with 64 MiB of garbage would delay everyone by seconds.
  private static let decoder = {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    return pool
  }()

  /// The service in the path.
  func service() throws -> ServiceKey {
    let (kind, name) = (parameters["protocol"] ?? "", parameters["endpoint"] ?? "")
    guard let key = ServiceKey(kind: kind, name: name) else {
      throw APIError.badRequest("'\(kind)/\(name)' names no service: write /v1/services/tcp/10.0.0.100:80")
    }
    return key
  }

  /// The service in the query, if any.
  func serviceAsked() throws -> ServiceKey? {
    guard let text = query["service"] else { return nil }
    guard let key = ServiceKey(text.replacing("/", with: " ", maxReplacements: 1)) else {
      throw APIError.badRequest("the query's service=\(text) names no service: write service=tcp/10.0.0.100:80")
    }
    return key
  }

  /// The real server in the path.
  func server() throws -> ServerAddress {
    let text = parameters["address"] ?? ""
    guard let server = ServerAddress(text) else {
      throw APIError.badRequest("'\(text)' in the path is not \(ServerAddress.form)")
    }
    return server
  }

  /// An address in the query, if it has this parameter.
  func addressAsked(_ name: String) throws -> IPAddress? {
    guard let text = query[name] else { return nil }
    guard let address = IPAddress(text) else {
      throw APIError.badRequest("the query's \(name)=\(text) is not an IPv4 or IPv6 address")
    }
    return address
  }

  /// A whole number in the query, if it has this parameter.
  func numberAsked(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = query[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw APIError.badRequest(
        "the query's \(name)=\(text) is not a whole number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return number
  }

  /// Whether a query parameter is true; throws unless it is `true` or `false`.
  func flag(_ name: String) throws -> Bool {
    switch query[name] {
    case nil, "false": return false
    case "true": return true
    case .some(let value): throw APIError.badRequest("the query's \(name)=\(value) is neither true nor false")
    }
  }

  /// The time until which a change may be begun, given in milliseconds of CLOCK_BOOTTIME: the clock of all processes of the host, and so of
  /// a client that was stopped together with the daemon. A duration would begin anew when the daemon reads the request.
  func before() throws -> ContinuousClock.Instant? {
    guard let milliseconds = try numberAsked(Route.before, in: 0...Int.max >> 10) else { return nil }
    return .now + .milliseconds(milliseconds) - BootTime.now
  }

  /// Decodes the body strictly: unknown and duplicate fields are errors.
  func decode<Value: Decodable & Sendable>(_: Value.Type) async throws -> Value {
    guard body.count > Self.smallBody else { return try decodeHere() }
    return try await Self.decoder.runIfActive { try decodeHere() }
  }

  private func decodeHere<Value: Decodable>() throws -> Value {
    if body.isEmpty { throw APIError.badJSON("the request has no body: send a JSON object") }
    if let fault = JSONKeyCheck.fault(in: body) { throw APIError.badJSON("the body is refused: \(fault)") }
    do {
      return try JSONDecoder().decode(Value.self, from: body)
    } catch DecodingError.dataCorrupted(let place) where place.codingPath.isEmpty {
      if let fault = JSONFault.describe(body) { throw APIError.badJSON("the body is not JSON: \(fault)") }
      // The decoder also reports this for valid JSON if a number doesn't fit its field.
      if place.debugDescription == "The given data was not valid JSON." {
        throw APIError.badRequest("a number in the body is no whole one or far too large: write weight and ring in digits")
      }
      throw DecodingError.dataCorrupted(place)
    }
  }
}
