import NIOHTTP1
import Reconciler

/// One operation of the control API: a method on a path, as `Docs/openapi.yaml` lists them.
struct Route: Sendable {
  let method: HTTPMethod
  /// In OpenAPI notation: `/v1/services/{protocol}/{endpoint}`.
  let template: String
  private let pattern: [String]
  /// The query parameters it accepts.
  let queries: Set<String>
  /// Whether it answers with the whole table, which takes memory and a core for a while; see `APILimits.largeReads`.
  let isLarge: Bool
  let answer: @Sendable (Call, Director) async throws -> RouteResponse

  init(
    method: HTTPMethod,
    template: String,
    queries: Set<String> = [],
    isLarge: Bool = false,
    answer: @escaping @Sendable (Call, Director) async throws -> RouteResponse
  ) {
    self.method = method
    self.template = template
    pattern = template.split(separator: "/").map(String.init)
    self.queries = Self.isEdit(method) ? queries.union([Self.before]) : queries
    self.isLarge = isLarge
    self.answer = answer
  }

  /// Query parameter of every change: until when it may be begun.
  static let before = "before"

  /// Whether the route changes something; such requests are logged.
  var isEdit: Bool { Self.isEdit(method) }

  static func isEdit(_ method: HTTPMethod) -> Bool { method != .GET && method != .HEAD }

  /// The values of the template's parameters, or nil when the path does not match.
  func match(_ path: [String]) -> [String: String]? {
    guard pattern.count == path.count else { return nil }
    var parameters: [String: String] = [:]
    for (part, given) in zip(pattern, path) {
      if part.hasPrefix("{") { parameters[String(part.dropFirst().dropLast())] = given } else if part != given { return nil }
    }
    return parameters
  }
}

/// A route's answer: a status and a value, sent as JSON or, if the client asked for it and the route supports it, as text.
struct RouteResponse: Sendable {
  var status: HTTPResponseStatus = .ok
  var value: any Encodable & Sendable
  /// The value as text.
  var text: (@Sendable (inout ChunkedBytes) -> Void)?
}
