import Glibc
import NIOCore

/// The process at the other end of a connection, as the kernel reports it; for the log.
struct Peer: Sendable, Equatable, CustomStringConvertible {
  var process: Int32
  var user: UInt32

  static let unknown = Peer(process: 0, user: .max)

  var description: String { self == .unknown ? "an unknown client" : "uid \(user), pid \(process)" }
}

extension Peer {
  /// `struct ucred` of <sys/socket.h>, which glibc declares only for _GNU_SOURCE: three words of 32 bits.
  private struct Credentials: Sendable {
    var process: Int32
    var user: UInt32
    var group: UInt32
  }

  /// The peer of a connected Unix socket at the time it connected (SO_PEERCRED, unix(7)).
  // Called on the channel's own loop, where the option is available at once.
  static func of(_ channel: any Channel) -> EventLoopFuture<Peer> {
    guard let socket = channel as? any SocketOptionProvider else { return channel.eventLoop.makeSucceededFuture(.unknown) }
    let credentials: EventLoopFuture<Credentials> = socket.unsafeGetSocketOption(
      level: .socket,
      name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
    )
    return credentials.map { Peer(process: $0.process, user: $0.user) }.recover { _ in Peer.unknown }
  }
}
