import Foundation
import Glibc
import Model
import Synchronization

/// Makes this host send port unreachable to itself, as fast as one thread can, until `end`.
final class PortUnreachableFlood: Sendable {
  private let isOver = Atomic(false)

  init(to address: IPAddress) {
    let isIPv4 = address.isIPv4
    Thread.detachNewThread { [self] in
      let descriptor = socket(isIPv4 ? AF_INET : AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
      defer { close(descriptor) }
      // Nobody listens on port 9 of loopback. Unconnected, so that the errors don't come back as errors of the socket.
      var v4 = sockaddr_in()
      (v4.sin_family, v4.sin_port, v4.sin_addr.s_addr) = (
        sa_family_t(AF_INET), UInt16(9).bigEndian, UInt32(0x7f00_0001).bigEndian
      )
      var v6 = sockaddr_in6()
      (v6.sin6_family, v6.sin6_port, v6.sin6_addr) = (sa_family_t(AF_INET6), UInt16(9).bigEndian, in6addr_loopback)
      while !isOver.load(ordering: .relaxed) {
        if isIPv4 { send(descriptor, &v4) } else { send(descriptor, &v6) }
      }
    }
  }

  func end() { isOver.store(true, ordering: .relaxed) }
}

private func send<Address>(_ descriptor: Int32, _ address: inout Address) {
  withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      _ = sendto(descriptor, [1], 1, Int32(MSG_DONTWAIT), $0, socklen_t(MemoryLayout<Address>.size))
    }
  }
}
