import Glibc
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
      let descriptor = try Echo.open(to: remote, from: try check.source.map { try SocketAddress($0, port: 0) })
      // Not NIORawSocketBootstrap, which fails for IPv6: it sets IPV6_V6ONLY, and a raw socket refuses that.
      DatagramBootstrap(group: loop).channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          own(channel)
          try channel.pipeline.syncOperations.addHandler(ReplyHandler(self) { echo.isReply($0) ? .good() : nil })
        }
      }
      .withBoundSocket(descriptor).whenComplete { [self] result in
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

extension Echo {
  /// A raw socket that receives echo replies of this server only. The filter keeps out what else the server sends by ICMP: a server that
  /// answers a load of UDP with port unreachable would otherwise seem to flood the check.
  static func open(to remote: SocketAddress, from source: SocketAddress?) throws -> CInt {
    let isIPv4 = remote.protocol == .inet
    let type = CInt(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(isIPv4 ? AF_INET : AF_INET6, type, isIPv4 ? 1 : 58)
    guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
    do {
      try limitToReplies(descriptor, isIPv4)
      try source?.withSockAddr { address, length in
        guard bind(descriptor, address, socklen_t(length)) == 0 else { throw IOError(errnoCode: errno, reason: "bind") }
      }
      try remote.withSockAddr { address, length in
        guard connect(descriptor, address, socklen_t(length)) == 0 else { throw IOError(errnoCode: errno, reason: "connect") }
      }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// ICMP_FILTER (linux/icmp.h) and ICMPV6_FILTER (linux/icmpv6.h) have a bit for each type; 1: left out.
  private static func limitToReplies(_ descriptor: CInt, _ isIPv4: Bool) throws {
    var blocked = [UInt32](repeating: .max, count: isIPv4 ? 1 : 8)
    let reply = isIPv4 ? 0 : 129
    blocked[reply / 32] &= ~(1 << (reply % 32))
    let (solRaw, solICMPv6, filter): (CInt, CInt, CInt) = (255, 58, 1)
    let size = socklen_t(blocked.count * 4)
    guard setsockopt(descriptor, isIPv4 ? solRaw : solICMPv6, filter, blocked, size) == 0 else {
      throw IOError(errnoCode: errno, reason: "setsockopt")
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
