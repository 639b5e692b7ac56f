import Foundation
import IPVSAdm
import Model
import Synchronization

/// Names by the C library: /etc/hosts, DNS, /etc/services. A name server that does not answer takes many seconds for each name, so one that
/// has not answered in time is asked no more: addresses are then printed as numbers.
final class SystemNames: Sendable {
  /// How long one answer, and all together, may take.
  private static let timeouts: (one: Duration, all: Duration) = (.seconds(2), .seconds(10))

  private struct State {
    var hosts: [IPAddress: String?] = [:]
    var services: [Port: String?] = [:]
    var left = timeouts.all
  }

  private struct Port: Hashable {
    var number: UInt16
    var transport: ServiceProtocol
  }

  /// The C library's answers about services lie in memory of its own, so one thread at a time asks.
  private let state = Mutex(State())

  var names: Names {
    Names(
      address: { self.address(of: $0) },
      port: { self.port(of: $0, $1) },
      host: { self.host(of: $0) },
      service: { self.service(of: $0, $1) }
    )
  }

  private func address(of host: String) -> IPAddress? {
    state.withLock { state in
      Self.ask(&state.left) {
        var hints = addrinfo()
        (hints.ai_family, hints.ai_socktype) = (AF_INET, Int32(SOCK_STREAM.rawValue))
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let list else { return nil }
        defer { freeaddrinfo(list) }
        return list.pointee.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          IPAddress(word: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
        }
      }
    }
  }

  private func port(of service: String, _ transport: ServiceProtocol) -> UInt16? {
    state.withLock { _ in
      getservbyname(service, transport.name).map { UInt16(bigEndian: UInt16(truncatingIfNeeded: $0.pointee.s_port)) }
    }
  }

  private func host(of address: IPAddress) -> String? {
    state.withLock { state in
      if let known = state.hosts[address] { return known }
      let name = Self.ask(&state.left) { Self.name(of: address) }
      state.hosts[address] = .some(name)
      return name
    }
  }

  private static func name(of address: IPAddress) -> String? {
    var storage = sockaddr_storage()
    let bytes = address.isIPv4 ? Array(address.bytes.suffix(4)) : address.bytes
    storage.ss_family = sa_family_t(address.isIPv4 ? AF_INET : AF_INET6)
    let offset =
      address.isIPv4 ? MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) : MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)
    let length = address.isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    return withUnsafeMutableBytes(of: &storage) { raw in
      for (index, byte) in bytes.enumerated() { raw[(offset ?? 0) + index] = byte }
      var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let result = raw.withMemoryRebound(to: sockaddr.self) {
        getnameinfo($0.baseAddress, socklen_t(length), &name, socklen_t(name.count), nil, 0, NI_NAMEREQD)
      }
      return result == 0 ? String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
  }

  /// The answer of a question that may not come. The thread that still waits for it ends with the process.
  private static func ask<Answer: Sendable>(_ left: inout Duration, _ question: @escaping @Sendable () -> Answer?) -> Answer? {
    guard left > .zero else { return nil }
    let answer = Reply<Answer>()
    let began = ContinuousClock.now
    Thread.detachNewThread {
      let found = question()
      answer.value.withLock { $0 = found }
      answer.arrived.signal()
    }
    let limit = min(timeouts.one, left)
    guard answer.arrived.wait(timeout: .now() + limit / .seconds(1)) == .success else {
      left = .zero
      return nil
    }
    left -= began.duration(to: .now)
    return answer.value.withLock { $0 }
  }

  private final class Reply<Answer: Sendable>: Sendable {
    let value = Mutex<Answer?>(nil)
    let arrived = DispatchSemaphore(value: 0)
  }

  private func service(of port: UInt16, _ transport: ServiceProtocol) -> String? {
    state.withLock { state in
      let key = Port(number: port, transport: transport)
      if let known = state.services[key] { return known }
      let name = getservbyport(Int32(port.bigEndian), transport.name).map { String(cString: $0.pointee.s_name) }
      state.services[key] = .some(name)
      return name
    }
  }
}
