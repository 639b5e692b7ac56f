import Model
import NIOCore
import NIOHTTP1
import NIOSSL

/// Checks by HTTP/1.1, over TLS or not.
extension Attempt {
  func ask(_ probe: Check.HTTPProbe, _ port: UInt16, _ contexts: TLSContexts) {
    do {
      let tls = try probe.tls.map { (try contexts.context(for: $0), $0.sni) }
      connect(port) { [self] channel in
        let pipeline = channel.pipeline.syncOperations
        if let (context, sni) = tls { try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: sni)) }
        try pipeline.addHandler(ByteLimit(self))
        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes, enableOutboundHeaderValidation: false)
        try pipeline.addHandler(WebHandler(self, probe, port))
      }
    } catch {
      end(error: error)
    }
  }
}

private final class WebHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart
  private let attempt: Attempt
  private let probe: Check.HTTPProbe
  private let port: UInt16
  private var body = ByteBuffer()
  private var hasHead = false

  init(_ attempt: Attempt, _ probe: Check.HTTPProbe, _ port: UInt16) {
    (self.attempt, self.probe, self.port) = (attempt, probe, port)
  }

  // Over TLS this comes when the connection stands; the request waits in the TLS handler for the handshake.
  func channelActive(context: ChannelHandlerContext) {
    attempt.awaits = "reply"
    let isUsual = port == (probe.tls == nil ? 80 : 443)
    let own = Endpoint(address: attempt.address, port: port)
    let host = probe.host ?? (isUsual ? String("\(own)".dropLast("\(port)".count + 1)) : "\(own)")
    var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: probe.method), uri: probe.path)
    head.headers = ["host": host, "user-agent": "sluice", "accept": "*/*", "connection": "close"]
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      hasHead = true
      guard probe.status.contains(Int(head.status.code)) else {
        return attempt.end(.bad("HTTP \(head.status.code) from \(attempt.target)"))
      }
      attempt.awaits = "end of the reply"
      if probe.body == nil { attempt.end(.good()) }
    case .body(var bytes): if !attempt.isOver { body.writeBuffer(&bytes) }
    case .end: judge()
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is ReplyTooLong else { return context.fireUserInboundEventTriggered(event) }
    if hasHead { return judge() }
    attempt.end(.bad("a head without end from \(attempt.target)"))
  }

  private func judge() {
    guard !attempt.isOver else { return }
    guard let pattern = probe.body else { return attempt.end(.good()) }
    let isFound = pattern.isMatch(body.readableBytesView)
    attempt.end(isFound ? .good() : .bad("the text is not in \(body.readableBytes) bytes of the reply from \(attempt.target)"))
  }

  func channelInactive(context: ChannelHandlerContext) {
    attempt.end(.bad("closed without \(hasHead ? "the end of " : "")a reply by \(attempt.target)"))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is HTTPParserError { return attempt.end(.bad("no HTTP reply from \(attempt.target)")) }
    attempt.end(error: error)
  }
}
