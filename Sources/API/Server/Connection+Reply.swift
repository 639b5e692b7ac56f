import Foundation
import NIOCore
import NIOHTTP1

// Sending a reply.
extension Connection {
  /// Chunks written before other connections get their turn.
  private static let piecesInTurn = 16

  /// Refuses a request before it has fully arrived, or because its answer takes too long; then closes the connection.
  func refuse(_ error: APIError) {
    isLast = true
    if let request, Route.isEdit(request.method) { api.log.refused(request.summary, error, by: request.peer) }
    send(ControlAPI.reply(error))
  }

  func send(_ reply: Reply) {
    guard phase != .closing, phase != .sending else { return }
    // Releases the body of a request that is refused while it arrives.
    release()
    request?.body = Data()
    let size = reply.body.count
    // A small reply, such as a refusal, is always sent.
    guard size <= ChunkedBytes.usualChunk || hold(size) else { return refuse(.busy) }
    phase = .sending
    deadline?.set(in: limits.idle)
    var headers: HTTPHeaders = ["Content-Type": reply.type, "Content-Length": "\(size)"]
    if !reply.allowed.isEmpty { headers.add(name: "Allow", value: reply.allowed.map(\.rawValue).joined(separator: ", ")) }
    if isLast { headers.add(name: "Connection", value: "close") }
    let head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers)
    context?.write(wrapOutboundOut(.head(head)), promise: nil)
    // A reply to HEAD has headers only (RFC 9110 9.3.2).
    unsent = request?.method == .HEAD ? [] : reply.body.chunks.reversed()
    push()
  }

  /// Writes as much as the client accepts. The rest stays here, where it is counted, and not in SwiftNIO's buffers.
  func push() {
    guard phase == .sending, !isPushing, let context else { return }
    isPushing = true
    var pieces = 0
    while context.channel.isWritable, let piece = unsent.popLast() {
      let written = context.eventLoop.makePromise(of: Void.self)
      written.futureResult.assumeIsolated().whenSuccess { self.progressed() }
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: written)
      pieces += 1
      if pieces == Self.piecesInTurn, !unsent.isEmpty {
        context.eventLoop.assumeIsolated().execute { self.push() }
        break
      }
    }
    isPushing = false
    if unsent.isEmpty { end(context) }
  }

  private func progressed() { if phase == .sending { deadline?.set(in: limits.idle) } }

  private func end(_ context: ChannelHandlerContext) {
    guard phase == .sending else { return }
    release()
    request = nil
    deadline?.set(in: limits.idle)
    // Set before the end is written: the next request may arrive within that call.
    phase = isLast ? .closing : .waiting
    let written = context.eventLoop.makePromise(of: Void.self)
    if isLast { written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }
}
