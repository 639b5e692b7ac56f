import Foundation
import NIOCore
import NIOHTTP1

/// One client's connection: a request at a time, its reply, and a deadline for each step.
///
/// Model. Behind it in the pipeline lie SwiftNIO's HTTP decoder, which limits the head, and its pipelining handler, which reads nothing more
/// while a reply is due: a client can't run ahead of its replies. Whatever is wrong with a request before it has arrived whole ends the
/// connection after the reply, for where the next request begins can't be known.
///
/// For its loop only; making a reply is a task elsewhere.
final class Connection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  enum Phase {
    /// For a request's line and headers.
    case waiting
    /// The request's body.
    case receiving
    /// The reply is being made.
    case answering
    /// It is being sent.
    case sending
    /// Nothing is read or answered any more.
    case closing
  }

  let api: ControlAPI
  let limits: APILimits
  let connections: Connections
  var phase = Phase.waiting
  var request: Request?
  /// When the request's body must be there.
  var arrival = NIODeadline.distantFuture
  /// Whether the connection ends with the reply.
  var isLast = false
  /// The pieces of the reply that are not written yet, the next one last.
  var unsent: [[UInt8]] = []
  var isPushing = false
  /// Bytes counted at `connections`.
  var held = 0
  private var peer = Peer.unknown
  private var task: Task<Void, Never>?
  /// The number of requests so far: a reply that comes too late belongs to none.
  private var serial = 0
  private(set) var context: ChannelHandlerContext?
  private(set) var deadline: Deadline?

  init(_ api: ControlAPI, _ limits: APILimits, _ connections: Connections) {
    self.api = api
    self.limits = limits
    self.connections = connections
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadline = Deadline(on: context.eventLoop) { [weak self] in self?.deadlinePassed() }
  }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) {
    deadline?.set(in: limits.idle)
    Peer.of(context.channel).assumeIsolated().whenSuccess { self.peer = $0 }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    phase = .closing
    // Only what is read: a change goes on, whether its client is there or not.
    if let request, !Route.isEdit(request.method) { task?.cancel() }
    deadline?.cancel()
    unsent = []
    release()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase == .waiting || phase == .receiving else { return }
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head, from: peer)
    case .body(let part): receive(part)
    case .end: if phase == .receiving { answer(context) }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let refusal = APIError(parsing: error, limits), phase == .waiting || phase == .receiving else { return close() }
    refuse(refusal)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { push() }
    context.fireChannelWritabilityChanged()
  }

  /// A client may end its half of the connection once it has asked; it is answered all the same.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      if phase == .waiting || phase == .receiving { close() } else { isLast = true }
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let request else { return }
    phase = .answering
    deadline?.set(in: limits.answer)
    serial += 1
    let own = NIOLoopBound((self, serial), eventLoop: context.eventLoop)
    task = Task { [api] in
      let reply = await api.reply(to: request)
      own.eventLoop.execute {
        let (connection, serial) = own.value
        if connection.serial == serial, connection.phase == .answering { connection.send(reply) }
      }
    }
  }

  private func deadlinePassed() {
    switch phase {
    case .receiving: refuse(.late)
    case .answering:
      if let request, !Route.isEdit(request.method) { task?.cancel() }
      refuse(.slow(limits.answer))
    case .waiting, .sending, .closing: close()
    }
  }

  /// Answers what is under way, then closes.
  func stop() {
    isLast = true
    if phase == .waiting || phase == .receiving { close() }
  }

  func close() {
    phase = .closing
    context?.close(promise: nil)
  }
}
