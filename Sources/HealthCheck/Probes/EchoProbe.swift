import Model
import NIOCore
import NIOPosix

/// ICMP echo (RFC 792, RFC 4443) over a raw socket: ping sockets are closed to everybody by default (`net.ipv4.ping_group_range`), and the
/// daemon has CAP_NET_RAW for its packet sockets.
extension Attempt {
  func ping() {
    awaits = "echo reply"
    let echo = Echo(isIPv4: address.isIPv4, identifier: .random(in: .min ... .max), token: .random(in: .min ... .max))
    do {
      let remote = try SocketAddress(address, port: 0)
      let bootstrap = NIORawSocketBootstrap(group: loop).channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          own(channel)
          try channel.pipeline.syncOperations.addHandler(ReplyHandler(self) { echo.isReply($0) ? .good() : nil })
        }
      }
      let type = NIOIPProtocol(rawValue: address.isIPv4 ? 1 : 58)
      // Connected, so that the kernel hands it packets of this server only.
      let connecting =
        if let source = check.source {
          bootstrap.bind(host: "\(source)", ipProtocol: type).flatMap { channel in channel.connect(to: remote).map { channel } }
        } else {
          bootstrap.connect(host: "\(address)", ipProtocol: type)
        }
      connecting.whenComplete { [self] result in
        switch result {
        case .failure(let error): end(error: error)
        case .success(let channel):
          let envelope = AddressedEnvelope(remoteAddress: remote, data: ByteBuffer(bytes: echo.request))
          channel.writeAndFlush(envelope).whenFailure { [self] error in end(error: error) }
        }
      }
    } catch {
      end(error: error)
    }
  }
}

struct Echo {
  let isIPv4: Bool
  let identifier: UInt16
  /// Sent as data and expected back, so that nobody's other reply is taken for ours.
  let token: UInt64

  var request: [UInt8] {
    var bytes = message(type: isIPv4 ? 8 : 128)
    guard isIPv4 else { return bytes }  // The kernel computes the checksum of ICMPv6.
    let sum = stride(from: 0, to: bytes.count, by: 2).reduce(0) { $0 + (Int(bytes[$1]) << 8 | Int(bytes[$1 + 1])) }
    let folded = ~UInt16(truncatingIfNeeded: (sum & 0xffff) + (sum >> 16))
    (bytes[2], bytes[3]) = (UInt8(folded >> 8), UInt8(truncatingIfNeeded: folded))
    return bytes
  }

  private func message(type: UInt8) -> [UInt8] {
    let tail = [identifier >> 8, identifier & 0xff, 0, 1].map(UInt8.init(truncatingIfNeeded:))
    return [type, 0, 0, 0] + tail + (0..<8).map { UInt8(truncatingIfNeeded: token >> (8 * $0)) }
  }

  func isReply(_ packet: ByteBuffer) -> Bool {
    var bytes = Array(packet.readableBytesView)
    if isIPv4 {
      // A raw IPv4 socket hands over the IP header, too (raw(7)).
      guard let first = bytes.first else { return false }
      bytes.removeFirst(min(Int(first & 0x0f) * 4, bytes.count))
    }
    let wanted = message(type: isIPv4 ? 0 : 129)
    // Without the checksum, which the kernel has verified for ICMPv6 and nobody else needs: the token says enough.
    return bytes.count >= wanted.count && bytes[..<2] == wanted[..<2] && bytes[4..<wanted.count] == wanted[4...]
  }
}
