import NIOHTTP1
import Reconciler

/// One thing the control API does: a method on a place, as `Docs/openapi.yaml` lists them.
struct Route: Sendable {
  let method: HTTPMethod
  /// As OpenAPI writes it: `/v1/services/{protocol}/{endpoint}`.
  let template: String
  private let pattern: [String]
  /// The query parameters it knows.
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
    self.queries = queries
    self.isLarge = isLarge
    self.answer = answer
  }

  /// Whether it is there to change something: such a request is logged.
  var isEdit: Bool { Self.isEdit(method) }

  static func isEdit(_ method: HTTPMethod) -> Bool { method != .GET && method != .HEAD }

  /// The values of the template's parameters, or nil when the path is another's.
  func match(_ path: [String]) -> [String: String]? {
    guard pattern.count == path.count else { return nil }
    var parameters: [String: String] = [:]
    for (part, given) in zip(pattern, path) {
      if part.hasPrefix("{") { parameters[String(part.dropFirst().dropLast())] = given } else if part != given { return nil }
    }
    return parameters
  }
}

/// What a route answers: a status and a value, which goes out as JSON or, where the client asked for it and the route has it, as text.
struct RouteResponse: Sendable {
  var status: HTTPResponseStatus = .ok
  var value: any Encodable & Sendable
  /// The value for people.
  var text: (@Sendable (inout ChunkedBytes) -> Void)?
}
