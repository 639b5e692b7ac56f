import Forwarding
import Model
import Reconciler

/// The forwarding method of a benchmark, with the IP versions of client and servers.
struct BenchMethod {
  var forwarding: ForwardingMethod
  var clientIsIPv6 = false
  var serverIsIPv6 = false
  /// For GUE and GRE.
  var hasChecksum = false
  var hasEntropy = false
  var tags: [VLANTag] = []
  var mtu = 1500

  init(_ forwarding: ForwardingMethod, _ change: (inout BenchMethod) -> Void = { _ in }) {
    self.forwarding = forwarding
    change(&self)
  }

  var tunnel: TunnelOptions {
    var options = TunnelOptions(checksum: forwarding.hasChecksum ? hasChecksum : nil)
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
