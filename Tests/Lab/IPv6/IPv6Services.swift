/// The lab's IPv6 half: the same hosts on fd09::/64, rs3 on fd09:3::/64, VIP fd09::100.
extension Laboratory {
  static let vip6 = "fd09::100"
  static let clientAddress6 = "fd09::10"
}

extension String {
  static let http6 = "tcp [\(Laboratory.vip6)]:80"
  static let throughput6 = "tcp [\(Laboratory.vip6)]:5201"
  static let echo6 = "udp [\(Laboratory.vip6)]:53"
}

extension Server {
  static let rs1v6 = Server(address: "fd09::11")
  static let rs2v6 = Server(address: "fd09::12")
  static let rs3v6 = Server(address: "fd09:3::13", forward: "ipip")
}

extension [String: [Server]] {
  /// The IPv6 counterpart of `usual`: 6in6 to rs3.
  static var usual6: Self {
    let servers = [Server.rs1v6, .rs2v6, .rs3v6.weighing(2)]
    return [.http6: servers, .echo6: servers]
  }
}
