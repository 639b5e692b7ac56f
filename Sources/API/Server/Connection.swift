import Foundation
import NIOCore
import NIOHTTP1

/// One client's connection: one request at a time, its reply, and a deadline for each step.
///
/// Model: before it in the pipeline are SwiftNIO's HTTP decoder, which limits the head, and its pipelining handler, which stops reading while
/// a reply is due, so a client cannot send ahead of its replies. An error before a request has fully arrived closes the connection after the
/// reply, because the start of the next request is unknown.
///
/// Only used on its event loop; replies are produced in a task elsewhere.
final class Connection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  enum Phase {
    /// For a request's line and headers.
    case waiting
    /// Receiving the request's body.
    case receiving
    /// The reply is being produced.
    case answering
    /// The reply is being sent.
    case sending
    /// Nothing is read or answered any more.
    case closing
  }

  let api: ControlAPI
  let limits: APILimits
  let connections: Connections
  var phase = Phase.waiting
  var request: Request?
  /// When the request's body must be complete.
  var arrival = NIODeadline.distantFuture
  /// Whether the connection is closed after the reply.
  var isLast = false
  /// The chunks of the reply that are not written yet, the next one last.
  var unsent: [[UInt8]] = []
  var isPushing = false
  /// Bytes counted at `connections`: of the body while it arrives, of the reply while it is sent. In between the task holds them.
  var held = 0
  private var peer = Peer.unknown
  /// The task that produces the reply; the client may have disconnected meanwhile.
  private var task: Task<Void, Never>?
  private var isClosed = false
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
    giveUp()
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

  /// A client may close its sending side after the request; it still gets its reply.
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
    self.request?.body = Data()
    let own = NIOLoopBound((self, held), eventLoop: context.eventLoop)
    held = 0
    task = Task { [api] in
      let reply = await api.reply(to: request)
      own.eventLoop.execute {
        let (connection, held) = own.value
        connection.answered(reply, held)
      }
    }
  }

  private func answered(_ reply: Reply, _ held: Int) {
    connections.release(held)
    task = nil
    if isClosed { connections.leave(self) }
    // The reply may be too late.
    if phase == .answering { send(reply) }
  }

  /// Called when the client no longer waits for the reply. A change continues all the same.
  private func giveUp() { if let request, !Route.isEdit(request.method) { task?.cancel() } }

  /// Frees its slot only once its work has ended: clients that ask and disconnect cannot pile up work.
  func closed() {
    isClosed = true
    if task == nil { connections.leave(self) }
  }

  private func deadlinePassed() {
    switch phase {
    case .receiving: refuse(.late)
    case .answering:
      giveUp()
      refuse(.slow(limits.answer))
    case .waiting, .sending, .closing: close()
    }
  }

  /// Sends the reply in progress, then closes.
  func stop() {
    isLast = true
    if phase == .waiting || phase == .receiving { close() }
  }

  func close() {
    phase = .closing
    context?.close(promise: nil)
  }
}
