import FlyingFox
import FlyingSocks
import Foundation
import Model
import Offline
import Reconciler

/// The control API over a director: a request in, a response out. It holds nothing of its own; `Route.all` says what there is.
struct ControlAPI: HTTPHandler {
  let director: Director

  /// Bytes of a request's body. 4 MiB hold a table ten times as large as the tables' memory.
  static let bodyLimit = 4 << 20

  func handleRequest(_ request: HTTPRequest) async -> HTTPResponse {
    let body: Data
    do {
      body = try await Self.body(of: request)
    } catch let error as APIError {
      return Self.response(error, closing: true)
    } catch {
      return Self.response(
        APIError(status: 408, code: "timeout", message: "the request's body did not arrive: send it whole and without pause"),
        closing: true
      )
    }
    do {
      let (route, call) = try Self.route(request, body)
      let answer = try await route.answer(call, director)
      return try HTTPResponse(statusCode: answer.status, headers: Self.headers, body: Self.json(answer.value))
    } catch {
      return Self.response(APIError(error), allowing: Self.methods(at: request))
    }
  }

  /// The whole body, before anything else is looked at: what is left of it on the connection would be read as the next request.
  private static func body(of request: HTTPRequest) async throws -> Data {
    let tooLarge = APIError(
      status: 413,
      code: "body-too-large",
      message: "the request's body is over \(bodyLimit >> 20) MiB: send the change in parts"
    )
    if let announced = request.bodySequence.count, announced > bodyLimit { throw tooLarge }
    var body = Data()
    for try await chunk in request.bodySequence {
      body.append(chunk)
      if body.count > bodyLimit { throw tooLarge }
    }
    return body
  }

  private static func route(_ request: HTTPRequest, _ body: Data) throws -> (Route, Call) {
    let path = try path(of: request)
    let found = Route.all.compactMap { route in route.match(path).map { (route, $0) } }
    guard !found.isEmpty else {
      throw APIError(
        status: 404,
        code: "no-such-route",
        message: "there is nothing at \(request.target.path()): see Docs/openapi.yaml"
      )
    }
    guard let (route, parameters) = found.first(where: { $0.0.method == request.method }) else {
      let allowed = found.map(\.0.method.rawValue).joined(separator: ", ")
      throw APIError(
        status: 405,
        code: "method-not-allowed",
        message: "\(request.target.path()) does not take \(request.method.rawValue): use \(allowed)"
      )
    }
    var query: [String: String] = [:]
    for item in request.query {
      guard route.queries.contains(item.name) else {
        let described = UnknownName.describe("query parameter", item.name, known: route.queries.sorted())
        throw APIError(status: 400, code: "bad-request", message: route.queries.isEmpty ? "this route takes no query" : described)
      }
      query[item.name] = item.value
    }
    return (route, Call(parameters: parameters, query: query, body: body))
  }

  /// The target's parts, each decoded by itself: a `%2F` within one is no separator.
  private static func path(of request: HTTPRequest) throws -> [String] {
    try request.target.path().split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
      guard let decoded = part.removingPercentEncoding else {
        throw APIError(status: 400, code: "bad-request", message: "'\(part)' in the path is not percent-encoded UTF-8")
      }
      return decoded
    }
  }

  private static func methods(at request: HTTPRequest) -> [HTTPMethod] {
    guard let path = try? path(of: request) else { return [] }
    return Route.all.filter { $0.match(path) != nil }.map(\.method)
  }
}

extension ControlAPI {
  private static let headers: HTTPHeaders = [.contentType: "application/json"]

  /// One line, keys in order: the same state gives the same bytes.
  private static func json(_ value: any Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
  }

  private static func response(_ error: APIError, allowing methods: [HTTPMethod] = [], closing: Bool = false) -> HTTPResponse {
    var headers = Self.headers
    if error.status == 405 { headers[HTTPHeader("Allow")] = methods.map(\.rawValue).joined(separator: ", ") }
    if closing { headers[.connection] = "close" }
    let body = (try? json(error)) ?? Data()
    let status = HTTPStatusCode(error.status, phrase: phrases[error.status] ?? "Error")
    if closing { return HTTPResponse(statusCode: status, headers: headers, body: .closing(after: body)) }
    return HTTPResponse(statusCode: status, headers: headers, body: body)
  }

  private static let phrases = [
    400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Content", 500: "Internal Server Error", 507: "Insufficient Storage",
  ]
}
