import Foundation
import NIOCore
import NIOHTTP1

// Receiving a request.
extension Connection {
  func begin(_ head: HTTPRequestHead, from peer: Peer) {
    request = Request(head, from: peer)
    isLast = isLast || !head.isKeepAlive
    phase = .receiving
    arrival = .now() + TimeAmount(limits.arrival)
    awaitMore()
    // Refused before reading: the body may be a gigabyte.
    if let length = head.headers.first(name: "content-length").flatMap(Int.init), length > limits.body {
      return refuse(.bodyTooLarge(limits.body))
    }
    // curl asks before it sends more than a megabyte, and would wait a second for the answer.
    if head.headers[canonicalForm: "expect"].contains("100-continue") {
      context?.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }
  }

  func receive(_ part: ByteBuffer) {
    guard phase == .receiving, let count = request?.body.count else { return }
    guard count + part.readableBytes <= limits.body else { return refuse(.bodyTooLarge(limits.body)) }
    guard hold(part.readableBytes) else { return refuse(.busy) }
    part.withUnsafeReadableBytes { request?.body.append(contentsOf: $0) }
    awaitMore()
  }

  private func awaitMore() { deadline?.set(at: min(.now() + TimeAmount(limits.idle), arrival)) }

  func hold(_ bytes: Int) -> Bool {
    guard connections.hold(bytes) else { return false }
    held += bytes
    return true
  }

  func release() {
    connections.release(held)
    held = 0
  }
}

extension APIError {
  /// An error found by the HTTP decoder; nil for an error of the connection.
  init?(parsing error: any Error, _ limits: APILimits) {
    switch error {
    case HTTPParserError.headerOverflow:
      self.init(
        status: 431,
        code: "headers-too-large",
        message: "the request's line and headers are over \(limits.head) bytes or \(limits.fields) fields: send fewer"
      )
    case let error as HTTPParserError:
      self = .badRequest("the request can't be read as HTTP/1.1 (\(error)): see Docs/openapi.yaml")
    default: return nil
    }
  }

  static let late = APIError(
    status: 408,
    code: "timeout",
    message: "the request's body did not arrive: send it whole and without pause"
  )

  static let busy = APIError(
    status: 503,
    code: "busy",
    message: "the control API holds as many requests and replies as it may: try again in a second"
  )

  static func slow(_ time: Duration) -> APIError {
    APIError(
      status: 503,
      code: "slow",
      message:
        "the director did not answer within \(time.components.seconds) s; a change may still come: see 'sluice service list'"
    )
  }

  static func bodyTooLarge(_ limit: Int) -> APIError {
    APIError(
      status: 413,
      code: "body-too-large",
      message: "the request's body is over \(limit >> 20) MiB: send the change in parts"
    )
  }
}
