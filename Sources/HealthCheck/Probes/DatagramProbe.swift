import Model
import NIOCore
import NIOPosix

/// Checks by datagrams: one is sent, one comes back.
extension Attempt {
  /// - Parameters:
  ///   - isAnswer: whether this reply is the one that is waited for; others are ignored.
  ///   - isSilenceGood: no reply is no fault, only a refusal is.
  func exchange(
    _ payload: [UInt8],
    _ port: UInt16,
    isSilenceGood: Bool = false,
    judge: @escaping @Sendable (ByteBuffer) -> CheckResult?
  ) {
    awaits = "reply"
    do {
      let remote = try SocketAddress(address, port: port)
      let bootstrap = DatagramBootstrap(group: loop).channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          own(channel)
          try channel.pipeline.syncOperations.addHandler(ReplyHandler(self, judge))
        }
      }
      // Connected, so that other senders are left out and a refusal by ICMP is an error of the socket.
      let connecting =
        if let source = check.source {
          bootstrap.bind(to: try SocketAddress(source, port: 0)).flatMap { channel in channel.connect(to: remote).map { channel }
          }
        } else {
          bootstrap.connect(to: remote)
        }
      connecting.whenComplete { [self] result in
        switch result {
        case .failure(let error): end(error: error)
        case .success(let channel):
          let envelope = AddressedEnvelope(remoteAddress: remote, data: ByteBuffer(bytes: payload))
          channel.writeAndFlush(envelope).whenFailure { [self] error in end(error: error) }
        }
      }
      if isSilenceGood { awaitRefusal() }
    } catch {
      end(error: error)
    }
  }

  /// Half of the timeout, at most a second: a refusal comes within a round trip, or not at all.
  private func awaitRefusal() {
    let wait = min(check.timeout.milliseconds / 2, 1000)
    loop.scheduleTask(in: .milliseconds(Int64(wait))) { [self] in end(.good()) }
  }
}

final class ReplyHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  private let attempt: Attempt
  private let judge: (ByteBuffer) -> CheckResult?
  /// Replies that are not the one waited for; more of them are a fault, so that a flood ends the check.
  private var others = 0
  private static let mostOthers = 64

  init(_ attempt: Attempt, _ judge: @escaping (ByteBuffer) -> CheckResult?) { (self.attempt, self.judge) = (attempt, judge) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !attempt.isOver else { return }
    if let result = judge(unwrapInboundIn(data).data) { return attempt.end(result) }
    others += 1
    if others > Self.mostOthers { attempt.end(.bad("a flood of other replies from \(attempt.target)")) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { attempt.end(error: error) }
}
