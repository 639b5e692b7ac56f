import Testing

/// A path to a real server, and how much of its MTU the outer headers take.
struct Path: CustomTestStringConvertible {
  let testDescription: String
  let server: Server
  /// The size of all outer headers.
  let overhead: Int
  /// Direct routing exists only within one family.
  var serverOfIPv6: Server { overhead == 0 ? .rs1v6 : server }
  var host: String { overhead == 0 ? "rs1" : "rs3" }

  static let direct = Path(testDescription: "direct routing", server: .rs1, overhead: 0)

  /// Each over IPv4 and over IPv6.
  static let tunnels =
    both("ipip", 0) + both("gue", 12) + both("gue", 12, checksum: true) + both("gre", 4) + both("gre", 8, checksum: true)

  private static func both(_ forward: String, _ encapsulation: Int, checksum: Bool = false) -> [Path] {
    [("10.9.3.13", 20), ("fd09:3::13", 40)].map { address, header in
      let name = "\(forward)\(checksum ? " with checksum" : "") over \(header == 20 ? "IPv4" : "IPv6")"
      let server = Server(address: address, forward: forward, tunnel: checksum ? ["checksum: true"] : [])
      return Path(testDescription: name, server: server, overhead: header + encapsulation)
    }
  }
}
