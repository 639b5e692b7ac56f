/// Limits of the control API. Everything that a client can make the daemon hold or do has a limit, and a reply or an end when it is reached.
package struct APILimits: Sendable {
  /// Bytes of a request line with its headers, and of a chunked body's trailers. Above it: 431, and the connection is closed.
  package var head = 16 << 10

  /// Header fields of a request. Above it: 431, and the connection is closed.
  package var fields = 128

  /// Bytes of a request's body; a service of 100 servers takes about 6 KB. Above it: 413, and the connection is closed, since the rest of the
  /// body would be read as the next request.
  package var body = 64 << 20

  /// Total bytes, over all connections, of bodies that are not answered yet and of replies that are not sent yet. A request that would exceed
  /// it gets 503, and its connection is closed.
  package var held = 256 << 20

  /// Time for a request's line and headers, from the connection's start or its last reply; also the longest pause in sending a body or
  /// receiving a reply. After it the connection is closed; within a body, with a 408 first.
  package var idle: Duration = .seconds(10)

  /// Time for a request's whole body, however steadily it arrives. After it: 408, and the connection is closed.
  package var arrival: Duration = .seconds(30)

  /// Time to produce an answer, including waiting for the director. After it: 503, and the connection is closed. A change in progress
  /// continues; `GET /v1/services` shows whether it was made.
  package var answer: Duration = .seconds(30)

  /// Simultaneous connections. A further one is closed at once, without a reply.
  package var connections = 1024

  /// Large tables (`/v1/status`, `/v1/services`) being produced at a time; further requests wait for their turn within `answer`.
  package var largeReads = 2

  /// How long a stop waits for replies in progress; then their connections are closed.
  package var farewell: Duration = .seconds(3)

  /// Bytes of a reply that the client accepts; a larger one is an error.
  package static let reply = 512 << 20

  package init() {}
}
