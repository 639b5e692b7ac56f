/// What the control API takes on at most. Everything a client can make the daemon hold or do has a number here, and a reply or an end
/// when it is reached.
package struct APILimits: Sendable {
  /// Bytes of a request line with its headers, and of a chunked body's trailers. Beyond it: 431, and the connection is closed.
  package var head = 16 << 10

  /// Header fields of a request. Beyond it: 431, and the connection is closed.
  package var fields = 128

  /// Bytes of a request's body; a service of 100 servers takes about 6 KB. Beyond it: 413, and the connection is closed, for what is left of
  /// the body would be read as the next request.
  package var body = 64 << 20

  /// Bytes of bodies not yet answered and of replies not yet taken, of all connections together. Beyond it a request that needs more is
  /// refused with 503 and its connection closed.
  package var held = 256 << 20

  /// A client that takes longer to send a request's line and headers, counted from its connection or its last reply, or that sends nothing
  /// of its body or takes nothing of its reply for this long, loses its connection; in the middle of a body after a 408.
  package var idle: Duration = .seconds(10)

  /// The whole of a request's body must arrive within this time, however steadily it trickles: 408, and the connection is closed.
  package var arrival: Duration = .seconds(30)

  /// The time an answer may take to be made, waiting for the director included. Beyond it: 503, and the connection is closed. A change under
  /// way goes on; `GET /v1/services` shows whether it came.
  package var answer: Duration = .seconds(30)

  /// Connections at a time. A further one is closed at once, without a reply.
  package var connections = 1024

  /// Large tables (`/v1/status`, `/v1/services`) being made at a time; further requests for one wait for their turn within `answer`.
  package var largeReads = 2

  /// How long replies under way are waited for when the daemon stops; then their connections are closed.
  package var farewell: Duration = .seconds(3)

  /// Bytes of a reply that the client takes; more is an error, not memory.
  package static let reply = 512 << 20

  package init() {}
}
