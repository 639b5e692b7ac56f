import Foundation
import NIOCore
import NIOHTTP1

struct ClientRequest: Sendable {
  var head: HTTPRequestHead
  var body: ChunkedBytes
}

/// One request and its reply on a connection of their own.
final class Exchange: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let request: ClientRequest
  private let path: String
  private let promise: EventLoopPromise<(Int, Data)>
  private var status = 0
  private var body = Data()

  init(_ request: ClientRequest, path: String, _ promise: EventLoopPromise<(Int, Data)>) {
    self.request = request
    self.path = path
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    var head = request.head
    if request.body.count > 0 { head.headers.add(name: "Content-Length", value: "\(request.body.count)") }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    for piece in request.body.chunks {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): status = Int(head.status.code)
    case .body(let part):
      guard body.count + part.readableBytes <= APILimits.reply else {
        return promise.fail(ControlClientError.unreadable(path, status: status))
      }
      part.withUnsafeReadableBytes { body.append(contentsOf: $0) }
    case .end: promise.succeed((status, body))
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A daemon that refuses a body closes the connection before all of it is sent; its reply counts, not the write error.
    if error is IOError { return }
    promise.fail(ControlClientError(error, path: path))
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(ControlClientError.lost(path, "before its reply had come whole"))
    context.fireChannelInactive()
  }
}
