import ABI
import Testing

@testable import Forwarding

/// TCP and UDP services of each family with one server, which is reached by this path.
struct Path: CustomTestStringConvertible, Sendable {
  let method: Int
  let toIPv6: Bool
  var checksum = false
  var prefix: UInt8 = 0

  var testDescription: String {
    let name = [Int(SLUICE_DIRECT): "direct", Int(SLUICE_IPIP): "IPIP", Int(SLUICE_GUE): "GUE", Int(SLUICE_GRE): "GRE"][method]
    let source = prefix == 0 ? "" : ", source of /\(prefix)"
    return "\(name ?? "?") over IPv\(toIPv6 ? 6 : 4)\(checksum ? ", checksum" : "")\(source)"
  }

  /// Every method, outer family, checksum option and kind of source.
  static let tunnels: [Path] = [Int(SLUICE_IPIP), Int(SLUICE_GUE), Int(SLUICE_GRE)].flatMap { method in
    [false, true].flatMap { toIPv6 in
      (method == Int(SLUICE_IPIP) ? [false] : [false, true]).flatMap { checksum in
        (toIPv6 ? [0, 48, 64, 100] as [UInt8] : [0, 8, 24, 31]).map {
          Path(method: method, toIPv6: toIPv6, checksum: checksum, prefix: $0)
        }
      }
    }
  }

  static let vip: [UInt8] = [10, 0, 0, 100]
  static let vip6 = ClientPacketIPv6.vip(0x100)

  /// Server 0 to 3: TCP and UDP over IPv4, then over IPv6; they share one tunnel.
  func tables(mtu: UInt16 = 1500, tags: [UInt16] = []) -> TestTables {
    let tables = TestTables()
    for (address, number, port) in [(Self.vip, 6, 80), (Self.vip, 17, 53), (Self.vip6, 6, 80), (Self.vip6, 17, 53)] {
      tables.add(
        UInt8(number),
        address,
        port: UInt16(port),
        [
          .tunnel(method, toIPv6: toIPv6, checksum: checksum) {
            $0.mtu = mtu
            $0.tags = tags
            $0.prefix = prefix
            $0.tunnel = 0
          }
        ]
      )
    }
    return tables
  }
}
