import Foundation
import NIOHTTP1

/// A request that has arrived completely.
struct Request: Sendable {
  var method: HTTPMethod
  /// Path and query as sent.
  var target: String
  /// Whether the client asked for text instead of JSON.
  var wantsText: Bool
  var body = Data()
  var peer: Peer

  /// For the log; limited so that the reason still fits on the line.
  var summary: String {
    // Without the time limit of a change, which every command adds and nobody reads.
    let parts = target.prefix(200).split(separator: "?", maxSplits: 1)
    let query = parts.dropFirst().joined().split(separator: "&").filter { !$0.hasPrefix("\(Route.before)=") }
    return "\(method.rawValue) \(parts.first ?? "")" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
  }

  init(_ head: HTTPRequestHead, from peer: Peer) {
    method = head.method
    target = head.uri
    self.peer = peer
    // Whether text is listed and JSON is not. Quality values are not evaluated: no known client sends them here.
    let types = head.headers[canonicalForm: "accept"].map { $0.lowercased() }
    wantsText = types.contains { $0.hasPrefix("text/plain") } && !types.contains { $0.hasPrefix("application/json") }
  }

  /// The components of the target's path, each decoded separately: a `%2F` within one is not a separator.
  func path() throws -> [String] {
    try rawPath.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
      guard part.utf8.contains(UInt8(ascii: "%")) else { return String(part) }
      guard let decoded = part.removingPercentEncoding else {
        throw APIError.badRequest("'\(part)' in the path is not percent-encoded UTF-8")
      }
      return decoded
    }
  }

  var rawPath: Substring { target.prefix { $0 != "?" && $0 != "#" } }

  /// The query's parameters in the order of the request.
  func query() throws -> [(name: String, value: String)] {
    guard let start = target.firstIndex(of: "?") else { return [] }
    let query = target[target.index(after: start)...].prefix { $0 != "#" }
    return try query.split(separator: "&").map { item in
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(\.removingPercentEncoding)
      guard let name = parts[0], let value = parts.count > 1 ? parts[1] : "" else {
        throw APIError.badRequest("'\(item)' in the query is not percent-encoded UTF-8")
      }
      return (name, value)
    }
  }
}

/// A reply, ready to be sent.
struct Reply: Sendable {
  var status: HTTPResponseStatus
  var type = "application/json"
  /// The allowed methods; only for 405.
  var allowed: [HTTPMethod] = []
  var body: ChunkedBytes
}
