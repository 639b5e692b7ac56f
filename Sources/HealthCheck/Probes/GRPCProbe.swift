import Model
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOSSL

/// Checks by gRPC's health protocol: one request on an HTTP/2 connection (github.com/grpc/grpc, doc/health-checking.md and
/// doc/PROTOCOL-HTTP2.md). SwiftNIO speaks HTTP/2; the two messages have a field each, so no library for gRPC or protobuf is needed.
extension Attempt {
  func ask(_ probe: Check.GRPCProbe, _ port: UInt16, _ contexts: TLSContexts) {
    do {
      // Without ALPN a server of both protocols would speak HTTP/1.1 (RFC 9113, section 3.2).
      let tls = try probe.tls.map { (try contexts.context(for: $0, protocols: ["h2"]), $0.sni) }
      connect(port) { [self] channel in
        let pipeline = channel.pipeline.syncOperations
        if let (context, sni) = tls { try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: sni)) }
        try pipeline.addHandler(ByteLimit(self))
        let multiplexer = try pipeline.configureHTTP2Pipeline(
          mode: .client,
          connectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration(),
          streamConfiguration: NIOHTTP2Handler.StreamConfiguration(),
          inboundStreamInitializer: { $0.close() }
        )
        try pipeline.addHandler(GRPCConnection(self, multiplexer, probe, port))
      }
    } catch {
      end(error: error)
    }
  }
}

/// What concerns the connection as a whole.
private final class GRPCConnection: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame
  private let attempt: Attempt
  private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
  private let probe: Check.GRPCProbe
  private let port: UInt16

  init(_ attempt: Attempt, _ multiplexer: NIOHTTP2Handler.StreamMultiplexer, _ probe: Check.GRPCProbe, _ port: UInt16) {
    (self.attempt, self.multiplexer, self.probe, self.port) = (attempt, multiplexer, probe, port)
  }

  func channelActive(context: ChannelHandlerContext) {
    multiplexer.createStreamChannel { [attempt, probe, port] stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.pipeline.syncOperations.addHandler(GRPCHandler(attempt, probe, port))
      }
    }.whenFailure { [attempt] error in attempt.end(error: error) }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ReplyTooLong { return attempt.end(.bad("a reply without end from \(attempt.target)")) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) { attempt.end(.bad("closed without a reply by \(attempt.target)")) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is any NIOHTTP2Error { return attempt.end(.bad("no HTTP/2 from \(attempt.target)")) }
    attempt.end(error: error)
  }
}

/// The request and its reply.
private final class GRPCHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload
  private let attempt: Attempt
  private let probe: Check.GRPCProbe
  private let port: UInt16
  private var message = ByteBuffer()
  private var hasHead = false

  init(_ attempt: Attempt, _ probe: Check.GRPCProbe, _ port: UInt16) {
    (self.attempt, self.probe, self.port) = (attempt, probe, port)
  }

  func channelActive(context: ChannelHandlerContext) {
    attempt.awaits = "reply"
    let headers: HPACKHeaders = [
      ":method": "POST", ":scheme": probe.tls == nil ? "http" : "https", ":path": "/grpc.health.v1.Health/Check",
      ":authority": probe.host ?? "\(Endpoint(address: attempt.address, port: port))", "content-type": "application/grpc",
      "te": "trailers", "user-agent": "sluice",
    ]
    context.write(wrapOutboundOut(.headers(HTTP2Frame.FramePayload.Headers(headers: headers))), promise: nil)
    let request = ByteBuffer(bytes: HealthMessage.request(for: probe.service))
    context.writeAndFlush(
      wrapOutboundOut(.data(HTTP2Frame.FramePayload.Data(data: .byteBuffer(request), endStream: true))),
      promise: nil
    )
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .headers(let frame): read(frame.headers, isLast: frame.endStream)
    case .data(let frame):
      guard case .byteBuffer(var bytes) = frame.data else { return }
      message.writeBuffer(&bytes)
      if frame.endStream { attempt.end(.bad("a reply without a gRPC status from \(attempt.target)")) }
    default: break
    }
  }

  /// The head, the trailers, or both in one.
  private func read(_ headers: HPACKHeaders, isLast: Bool) {
    if !hasHead {
      hasHead = true
      guard let status = headers.first(name: ":status"), status == "200" else {
        return attempt.end(.bad("HTTP \(Self.excerpt(headers.first(name: ":status"))) from \(attempt.target)"))
      }
      guard headers.first(name: "content-type")?.hasPrefix("application/grpc") == true else {
        return attempt.end(.bad("no gRPC reply from \(attempt.target)"))
      }
      attempt.awaits = "end of the reply"
    }
    guard isLast else { return }
    switch headers.first(name: "grpc-status") {
    case "0": attempt.end(HealthMessage.judge(message.readableBytesView, from: attempt.target))
    case "5": attempt.end(.bad("the service is unknown to \(attempt.target)"))
    case "12": attempt.end(.bad("no health service at \(attempt.target)"))
    case let status: attempt.end(.bad("gRPC status \(Self.excerpt(status)) from \(attempt.target)"))
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    attempt.end(.bad("closed without \(hasHead ? "the end of " : "")a reply by \(attempt.target)"))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    attempt.end(.bad("the request was refused by \(attempt.target)"))
  }

  /// Of what a server sent.
  private static func excerpt(_ text: String?) -> String {
    guard let text else { return "none" }
    return String(text.prefix(20).map { $0.isLetter || $0.isNumber ? $0 : "?" })
  }
}
