import NIOCore
import NIOHTTP1

/// Converts the error for a head that overflows the decoder's buffer into the parser's error for a head that is too long: the pipelining
/// handler lets a reply through only for a parser's error.
final class OversizeHead: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.fireErrorCaught(error is ByteToMessageDecoderError.PayloadTooLargeError ? HTTPParserError.headerOverflow : error)
  }
}
