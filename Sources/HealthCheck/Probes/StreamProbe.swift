import Glibc
import Model
import NIOCore
import NIOPosix

/// Checks over TCP: connect, and then whatever the handlers do.
extension Attempt {
  func connect(_ port: UInt16, _ handlers: @escaping @Sendable (any Channel) throws -> Void) {
    do {
      // A reset instead of TIME_WAIT: thousands of checks a second would fill the tables of both hosts.
      let isReset = check.probe != .smtp(port: port)
      // Never reached: the attempt ends first.
      let limit = TimeAmount.milliseconds(Int64(check.timeout.milliseconds) + 1000)
      var bootstrap = ClientBootstrap(group: loop).connectTimeout(limit).channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          own(channel)
          if isReset { _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)) }
          try handlers(channel)
        }
      }
      if let source = check.source { bootstrap = bootstrap.bind(to: try SocketAddress(source, port: 0)) }
      bootstrap.connect(to: try SocketAddress(address, port: port)).whenFailure { [self] error in end(error: error) }
    } catch {
      end(error: error)
    }
  }
}

/// The greeting of a mail server: one line or several, all with 220 (RFC 5321, section 4.2).
final class GreetingHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let attempt: Attempt
  private var line: [UInt8] = []
  private var count = 0

  init(_ attempt: Attempt) { self.attempt = attempt }

  func channelActive(context: ChannelHandlerContext) { attempt.awaits = "greeting" }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    for byte in unwrapInboundIn(data).readableBytesView {
      count += 1
      guard count <= CheckLimits.greeting else { return attempt.end(.bad("an endless greeting from \(attempt.target)")) }
      if byte != UInt8(ascii: "\n") {
        // Its code and what follows are at the beginning.
        if line.count < 4 { line.append(byte) }
        continue
      }
      guard line.starts(with: Array("220".utf8)) else {
        return attempt.end(.bad("greeting \(Self.code(line)) instead of 220 from \(attempt.target)"))
      }
      if line.count < 4 || line[3] != UInt8(ascii: "-") {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "QUIT\r\n")), promise: nil)
        return attempt.end(.good())
      }
      line = []
    }
  }

  private static func code(_ line: [UInt8]) -> String {
    let digits = line.prefix(3)
    return digits.count == 3 && digits.allSatisfy { (0x30...0x39).contains($0) }
      ? String(decoding: digits, as: UTF8.self) : "without a code"
  }

  func channelInactive(context: ChannelHandlerContext) {
    attempt.end(.bad("closed without a greeting by \(attempt.target)"))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { attempt.end(error: error) }
}
