import FlyingFox
import Foundation
import Model
import Offline
import Reconciler

/// One thing the control API does: a method on a place, as `Docs/openapi.yaml` lists them.
struct Route: Sendable {
  let method: HTTPMethod
  /// As OpenAPI writes it: `/v1/services/{protocol}/{endpoint}`.
  let template: String
  /// The query parameters it knows.
  var queries: Set<String> = []
  let answer: @Sendable (Call, Director) async throws -> RouteResponse

  /// The values of the template's parameters, or nil when the path is another's.
  func match(_ path: [String]) -> [String: String]? {
    let pattern = template.split(separator: "/").map(String.init)
    guard pattern.count == path.count else { return nil }
    var parameters: [String: String] = [:]
    for (part, given) in zip(pattern, path) {
      if part.hasPrefix("{") { parameters[String(part.dropFirst().dropLast())] = given } else if part != given { return nil }
    }
    return parameters
  }
}

/// What a route answers: a status and a value that goes out as JSON.
struct RouteResponse: Sendable {
  var status: HTTPStatusCode = .ok
  var value: any Encodable & Sendable
}

/// One request, taken apart.
struct Call: Sendable {
  var parameters: [String: String]
  var query: [String: String]
  var body: Data

  /// The service the path names.
  func service() throws -> ServiceKey {
    let text = "\(parameters["protocol"] ?? "") \(parameters["endpoint"] ?? "")"
    guard let key = ServiceKey(text) else {
      throw APIError(
        status: 400,
        code: "bad-request",
        message: "'\(text.replacing(" ", with: "/"))' names no service: write /v1/services/tcp/10.0.0.100:80"
      )
    }
    return key
  }

  /// The real server the path names.
  func server() throws -> IPAddress {
    let text = parameters["address"] ?? ""
    guard let address = IPAddress(text) else {
      throw APIError(status: 400, code: "bad-request", message: "'\(text)' in the path is not an IPv4 or IPv6 address")
    }
    return address
  }

  /// Whether a parameter of the query is set; throws unless it is `true` or `false`.
  func flag(_ name: String) throws -> Bool {
    switch query[name] {
    case nil, "false": return false
    case "true": return true
    case .some(let value):
      throw APIError(status: 400, code: "bad-request", message: "the query's \(name)=\(value) is neither true nor false")
    }
  }

  /// The body, read strictly: an unknown field is an error.
  func decode<Value: Decodable>(_: Value.Type) throws -> Value {
    if body.isEmpty { throw APIError(status: 400, code: "bad-json", message: "the request has no body: send a JSON object") }
    do {
      return try JSONDecoder().decode(Value.self, from: body)
    } catch DecodingError.dataCorrupted(let place) where place.codingPath.isEmpty {
      if let fault = JSONFault.describe(body) {
        throw APIError(status: 400, code: "bad-json", message: "the body is not JSON: \(fault)")
      }
      // Said of sound JSON, too, when a number doesn't fit its field.
      if place.debugDescription == "The given data was not valid JSON." {
        throw APIError(
          status: 400,
          code: "bad-request",
          message: "a number in the body is no whole one or far too large: write weight and ring in digits"
        )
      }
      throw DecodingError.dataCorrupted(place)
    }
  }
}
