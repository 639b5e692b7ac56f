import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A client of the control API over its Unix socket, with one connection for each request.
package struct ControlClient: Sendable {
  package let path: String
  /// Time limit of a whole request that changes nothing. For a change it is the time within which the daemon must begin it.
  package let timeout: Duration

  /// What a change may take once it has been begun: one generation.
  private static let carryingOut: Duration = .seconds(30)

  /// One thread for all requests of the process, created at the first one.
  private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  package init(path: String, timeout: Duration = .seconds(30)) {
    self.path = path
    self.timeout = timeout
  }

  /// - Throws: `APIError` when the daemon refuses, `ControlClientError` when it can't be reached.
  package func send<Value: Decodable & Sendable>(
    _ method: HTTPMethod,
    _ place: String,
    query: [String: String] = [:],
    body: (any Encodable & Sendable)? = nil
  ) async throws -> Value {
    let (status, data) = try await exchange(method, place, query, accept: "application/json", body)
    if (200..<300).contains(status), let value = try? JSONDecoder().decode(Value.self, from: data) { return value }
    throw refusal(status, data)
  }

  /// The text form of a resource, ready to be printed.
  package func text(_ place: String, query: [String: String] = [:]) async throws -> String {
    let (status, data) = try await exchange(.GET, place, query, accept: "text/plain", nil)
    if (200..<300).contains(status) { return String(decoding: data, as: UTF8.self) }
    throw refusal(status, data)
  }

  private func refusal(_ status: Int, _ data: Data) -> any Error {
    guard var refusal = try? JSONDecoder().decode(APIError.self, from: data) else {
      return ControlClientError.unreadable(path, status: status)
    }
    refusal.status = status
    return refusal
  }

  private func exchange(
    _ method: HTTPMethod,
    _ place: String,
    _ query: [String: String],
    accept: String,
    _ body: (any Encodable & Sendable)?
  ) async throws -> (Int, Data) {
    let isEdit = Route.isEdit(method)
    var query = query
    if isEdit { query[Route.before] = "\(BootTime.milliseconds(in: timeout))" }
    let limit = isEdit ? timeout + Self.carryingOut : timeout
    let items = query.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.percentEncoded)" }
    let request = ClientRequest(
      head: HTTPRequestHead(
        version: .http1_1,
        method: method,
        uri: place + (items.isEmpty ? "" : "?" + items.joined(separator: "&")),
        headers: ["Host": "sluice", "Connection": "close", "Accept": accept, "Content-Type": "application/json"]
      ),
      body: try body.map { try JSON.encode($0) } ?? ChunkedBytes()
    )
    let loop = Self.loops.next()
    let promise = loop.makePromise(of: (Int, Data).self)
    let late = loop.scheduleTask(in: TimeAmount(limit)) { [path, timeout] in
      promise.fail(isEdit ? ControlClientError.undecided(path, timeout) : .silent(path, timeout))
    }
    // If the request arrives after its promise was completed, it is dropped there.
    connect(request, promise, on: loop)
    defer { late.cancel() }
    return try await promise.futureResult.get()
  }

  private func connect(_ request: ClientRequest, _ promise: EventLoopPromise<(Int, Data)>, on loop: any EventLoop) {
    ClientBootstrap(group: loop)
      .channelInitializer { [path] channel in
        channel.eventLoop.makeCompletedFuture {
          let sync = channel.pipeline.syncOperations
          try sync.addHTTPClientHandlers()
          try sync.addHandler(Exchange(request, path: path, promise))
        }
      }
      .connect(unixDomainSocketPath: path)
      .whenComplete { [path] result in
        switch result {
        case .success(let channel): promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        case .failure(let error): promise.fail(ControlClientError(error, path: path))
        }
      }
  }
}

extension String {
  /// Encoded as one component of a path or query, separators included.
  var percentEncoded: String {
    addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~:"))) ?? self
  }
}
