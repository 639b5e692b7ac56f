import NIOCore

/// Counts what a server sends, before anything reads it: a head without end is held no longer than a body without end.
final class ByteLimit: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  private let attempt: Attempt

  init(_ attempt: Attempt) { self.attempt = attempt }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !attempt.isOver else { return }
    let bytes = unwrapInboundIn(data)
    let isHeld = attempt.hold(bytes.readableBytes)
    context.fireChannelRead(data)
    if !isHeld { context.fireUserInboundEventTriggered(ReplyTooLong()) }
  }
}

/// No more of a reply is read.
struct ReplyTooLong {}
