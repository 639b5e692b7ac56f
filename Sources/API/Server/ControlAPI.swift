import Logging
import Model
import NIOHTTP1
import NIOPosix
import Reconciler

/// The control API of a director: a request in, a reply out. It does not depend on sockets; `Route.all` lists its operations.
struct ControlAPI: Sendable {
  let director: Director
  let log: EditLog
  /// Where requests for large tables wait for their turn.
  private let largeReads: Lane

  init(director: Director, logger: Logger, largeReads: Int) {
    self.director = director
    log = EditLog(events: director.events, logger: logger)
    self.largeReads = Lane(width: largeReads)
  }

  func reply(to request: Request) async -> Reply {
    do {
      let (route, call) = try find(request)
      guard route.isLarge else { return try await reply(by: route, call, request) }
      return try await largeReads.run { try await reply(by: route, call, request) }
    } catch {
      let error = APIError(error)
      if Route.isEdit(request.method) { log.refused(request.summary, error, by: request.peer) }
      return Self.reply(error, allowing: error.status == 405 ? methods(at: request) : [])
    }
  }

  private func reply(by route: Route, _ call: Call, _ request: Request) async throws -> Reply {
    let response = try await route.answer(call, director)
    if let applied = response.value as? Applied { log.carriedOut(applied, by: request.peer) }
    // Encoding 100,000 servers takes a quarter of a second, and the runtime has one thread per core.
    guard route.isLarge || route.isEdit else { return try encode() }
    return try await NIOThreadPool.singleton.runIfActive { try encode() }

    @Sendable func encode() throws -> Reply {
      var reply = Reply(status: response.status, body: ChunkedBytes())
      if request.wantsText, let text = response.text {
        text(&reply.body)
        reply.type = "text/plain; charset=utf-8"
      } else {
        reply.body = try JSON.encode(response.value)
        reply.body.append(UInt8(ascii: "\n"))
      }
      return reply
    }
  }

  private func find(_ request: Request) throws -> (Route, Call) {
    let path = try request.path()
    let found = Route.all.compactMap { route in route.match(path).map { (route, $0) } }
    guard !found.isEmpty else {
      throw APIError(
        status: 404,
        code: "no-such-route",
        message: "there is nothing at \(request.rawPath): see Docs/openapi.yaml"
      )
    }
    guard let (route, parameters) = found.first(where: { $0.0.method == request.method }) else {
      let allowed = found.map(\.0.method.rawValue).joined(separator: ", ")
      throw APIError(
        status: 405,
        code: "method-not-allowed",
        message: "\(request.rawPath) does not take \(request.method.rawValue): use \(allowed)"
      )
    }
    var query: [String: String] = [:]
    for (name, value) in try request.query() {
      guard route.queries.contains(name) else {
        let described = UnknownName.describe("query parameter", name, known: route.queries.sorted())
        throw APIError.badRequest(route.queries.isEmpty ? "this route takes no query" : described)
      }
      guard query.updateValue(value, forKey: name) == nil else {
        throw APIError.badRequest("the query's \(name) is given twice: keep one")
      }
    }
    return (route, Call(parameters: parameters, query: query, body: request.body))
  }

  private func methods(at request: Request) -> [HTTPMethod] {
    guard let path = try? request.path() else { return [] }
    return Route.all.filter { $0.match(path) != nil }.map(\.method)
  }

  static func reply(_ error: APIError, allowing methods: [HTTPMethod] = []) -> Reply {
    // Two strings, which can always be encoded.
    var body = (try? JSON.encode(error)) ?? ChunkedBytes()
    body.append(UInt8(ascii: "\n"))
    return Reply(status: HTTPResponseStatus(statusCode: error.status), allowed: methods, body: body)
  }
}
