import NIOCore
import NIOHTTP1

/// Says of a head that is too long in the decoder's buffer what the decoder says of one that is too long by its own count: the pipelining
/// handler lets a reply through for a parser's error only.
final class OversizeHead: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.fireErrorCaught(error is ByteToMessageDecoderError.PayloadTooLargeError ? HTTPParserError.headerOverflow : error)
  }
}
