import Foundation
import IPVSAdm
import Model
import Synchronization

/// Names by the C library: /etc/hosts, DNS, /etc/services. A name server that does not answer takes seconds for each name, so addresses are
/// looked up once each, and after `patience` altogether the rest is printed as numbers.
final class SystemNames: Sendable {
  private static let patience: Duration = .seconds(10)

  private struct State {
    var hosts: [IPAddress: String?] = [:]
    var services: [Port: String?] = [:]
    var spent: Duration = .zero
  }

  private struct Port: Hashable {
    var number: UInt16
    var transport: ServiceProtocol
  }

  /// The C library's answers lie in memory of its own, so one thread at a time asks.
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
    state.withLock { _ in
      guard let entry = gethostbyname(host), entry.pointee.h_addrtype == AF_INET, entry.pointee.h_length == 4 else { return nil }
      guard let first = entry.pointee.h_addr_list[0] else { return nil }
      let word = UnsafeRawPointer(first).loadUnaligned(as: UInt32.self)
      return IPAddress(word: UInt32(bigEndian: word))
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
      guard state.spent < Self.patience else { return nil }
      let began = ContinuousClock.now
      let bytes = address.isIPv4 ? Array(address.bytes.suffix(4)) : address.bytes
      let entry = gethostbyaddr(bytes, socklen_t(bytes.count), address.isIPv4 ? AF_INET : AF_INET6)
      let name = entry.map { String(cString: $0.pointee.h_name) }
      state.spent += began.duration(to: .now)
      state.hosts[address] = .some(name)
      return name
    }
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
