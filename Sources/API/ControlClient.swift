import FlyingFox
import FlyingSocks
import Foundation
import Model
import Offline
import Reconciler

/// A client of the control API over its Unix socket: one connection a request.
package struct ControlClient: Sendable {
  package let path: String
  /// For the whole of a request.
  package let timeout: Duration

  package init(path: String, timeout: Duration = .seconds(30)) {
    self.path = path
    self.timeout = timeout
  }

  /// - Throws: `APIError` when the daemon refuses, `ControlClientError` when it can't be asked.
  package func send<Value: Decodable & Sendable>(
    _ method: String,
    _ place: String,
    query: [String: String] = [:],
    body: (any Encodable & Sendable)? = nil
  ) async throws -> Value {
    let request = HTTPRequest(
      method: HTTPMethod(method),
      version: .http11,
      path: place,
      query: query.sorted { $0.key < $1.key }.map { HTTPRequest.QueryItem(name: $0.key, value: $0.value) },
      headers: [.host: "sluice", .connection: "close", .contentType: "application/json"],
      body: try body.map { try JSONEncoder().encode($0) } ?? Data()
    )
    let (status, data) = try await withThrowingTaskGroup(of: (Int, Data).self) { group in
      group.addTask { try await exchange(request) }
      group.addTask {
        try await Task.sleep(for: timeout)
        throw ControlClientError.silent(path, timeout)
      }
      defer { group.cancelAll() }
      guard let answer = try await group.next() else { throw ControlClientError.silent(path, timeout) }
      return answer
    }
    if (200..<300).contains(status), let value = try? JSONDecoder().decode(Value.self, from: data) { return value }
    if var refusal = try? JSONDecoder().decode(APIError.self, from: data) {
      refusal.status = status
      throw refusal
    }
    throw ControlClientError.unreadable(path, status: status)
  }

  private func exchange(_ request: HTTPRequest) async throws -> (Int, Data) {
    do {
      var client = HTTPClient()
      let response = try await client.sendHTTPRequest(request, to: .unix(path: path))
      return (response.statusCode.code, try await response.bodyData)
    } catch SocketError.failed(_, let code, _) {
      throw ControlClientError(code: code, path: path)
    } catch let error as SocketError {
      throw ControlClientError.lost(path, "\(error)")
    }
  }
}

/// Why the daemon can't be asked.
package enum ControlClientError: Error, Equatable, Sendable {
  case notRunning(String)
  case notAllowed(String)
  case silent(String, Duration)
  case lost(String, String)
  case unreadable(String, status: Int)
  case failed(String, Int32)

  init(code: Int32, path: String) {
    switch code {
    case ENOENT, ECONNREFUSED: self = .notRunning(path)
    case EACCES, EPERM: self = .notAllowed(path)
    default: self = .failed(path, code)
    }
  }
}

extension ControlClientError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notRunning(let path):
      "no sluice daemon listens on \(path): start one with 'sluice run --config sluice.yaml', or give its --socket"
    case .notAllowed(let path):
      "you may not talk to the daemon on \(path): run as root"
    case .silent(let path, let time):
      "the daemon on \(path) did not answer within \(time.components.seconds) s: see its log"
    case .lost(let path, let reason):
      "the daemon on \(path) closed the connection without an answer (\(reason)): see its log"
    case .unreadable(let path, let status):
      "the answer from \(path) (status \(status)) is not the control API's: is it a sluice daemon of this version?"
    case .failed(let path, let code):
      "can't talk to the daemon on \(path): \(String(cString: strerror(code)))"
    }
  }
}
