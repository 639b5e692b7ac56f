import FlyingFox
import FlyingSocks
import Foundation
import Model
import Offline
import Reconciler

/// A response's body after which the connection is closed: for a request whose own body was not read to its end, so that the rest of it is
/// never taken for the next request.
///
/// FlyingFox keeps a connection unless the *client* asks it not to; a body that fails once it is sent is how a server has its say.
struct ClosingBody: AsyncBufferedSequence {
  typealias Element = UInt8
  let bytes: [UInt8]

  func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes) }

  struct Iterator: AsyncBufferedIteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(bytes: [UInt8]) { rest = bytes[...] }

    mutating func next() async throws -> UInt8? { try await nextBuffer(suggested: 1)?.first }

    mutating func nextBuffer(suggested count: Int) async throws -> ArraySlice<UInt8>? {
      if rest.isEmpty { throw SocketError.disconnected }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
  }
}

extension HTTPBodySequence {
  static func closing(after data: Data) -> HTTPBodySequence {
    HTTPBodySequence(from: ClosingBody(bytes: Array(data)), count: data.count)
  }
}
