import CXDP
import Glibc

/// An address as `decap_addresses` has it: 16 bytes, IPv4 as ::ffff:a.b.c.d.
struct DecapAddress: Hashable {
  let bytes: [UInt8]

  /// nil for what is neither IPv4 nor IPv6: getifaddrs lists packet sockets as well.
  init?(_ address: UnsafePointer<sockaddr>) {
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      let host = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
      bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] + withUnsafeBytes(of: host) { Array($0) }
    case AF_INET6:
      let host = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      bytes = withUnsafeBytes(of: host) { Array($0) }
    default:
      return nil
    }
  }

  /// Every address this host has now, on any interface; empty if the kernel doesn't say.
  static func ofThisHost() -> Set<DecapAddress> {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    return Set(
      sequence(first: list) { $0?.pointee.ifa_next }.lazy.prefix { $0 != nil }.compactMap {
        $0?.pointee.ifa_addr.flatMap { DecapAddress($0) }
      }
    )
  }
}

extension Decap {
  /// Unwraps tunnels to the addresses the host has now, and to those it no longer has not any more.
  ///
  /// Asked anew from time to time rather than followed over netlink: a second's delay after `ip addr add` harms nobody here.
  package mutating func refreshAddresses() throws(DecapFailure) {
    let current = DecapAddress.ofThisHost()
    guard current != known else { return }
    for address in known.subtracting(current) { decap_set_address(program, address.bytes, 0) }
    for address in current.subtracting(known) {
      let error = decap_set_address(program, address.bytes, 1)
      guard error == 0 else { throw DecapFailure("can't add an address of this host to the program: \(Self.reason(error))") }
    }
    known = current
  }
}
