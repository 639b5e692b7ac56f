import Model
import Reconciler
import Forwarding

/// How the real servers of a benchmark are reached, and by whom.
struct BenchMethod {
  var method: ForwardingMethod
  var clientIsIPv6 = false
  var serverIsIPv6 = false
  /// Of GUE and GRE.
  var hasChecksum = false
  var hasEntropy = false
  var tags: [VLANTag] = []
  var mtu = 1500

  init(_ method: ForwardingMethod, _ change: (inout BenchMethod) -> Void = { _ in }) {
    self.method = method
    change(&self)
  }

  var tunnel: TunnelOptions {
    var options = TunnelOptions(checksum: method.hasChecksum ? hasChecksum : nil)
    if hasEntropy, let prefix = AddressPrefix(serverIsIPv6 ? "fd00:9::/64" : "10.9.0.0/16") { options.source = .prefix(prefix) }
    return options
  }

  func vip(_ number: Int) throws -> IPAddress { try address(clientIsIPv6, [0xfd, 0, 0, 7], 0, 100 + number, [10, 0]) }
  func server(_ number: Int) throws -> IPAddress {
    try address(serverIsIPv6, [0xfd, 0, 0, 1], number >> 8, number & 255, [10, 64])
  }

  func nextHop(_ number: Int) throws -> NextHop {
    guard let mac = MACAddress(bytes: [2, 0, 0, 1, UInt8(number >> 8), UInt8(number & 255)]),
      let own = MACAddress(bytes: [2, 0, 0, 0, 0, 1])
    else { throw BenchFailure.address }
    let source = try address(serverIsIPv6, [0xfd, 0, 0, 0], 0, 1, [10, 0])
    return NextHop(egress: 0, sourceMAC: own, nextHopMAC: mac, mtu: mtu, source: source, tags: tags)
  }

  private func address(_ isIPv6: Bool, _ prefix: [UInt8], _ high: Int, _ low: Int, _ ipv4: [UInt8]) throws -> IPAddress {
    let last = [UInt8(high), UInt8(low)]
    guard isIPv6 else { return IPAddress(ipv4[0], ipv4[1], last[0], last[1]) }
    guard let address = IPAddress(bytes: prefix + [UInt8](repeating: 0, count: 10) + last) else { throw BenchFailure.address }
    return address
  }
}
