import Forwarding
import Model
import Reconciler
import Testing

@testable import Reconciler

/// The services that these tests are about, written as the daemon writes them.
enum TestTopology {
  static let capacity = TableCapacity(slots: 64, services: 16, servers: 32, ringSlots: 16384)
  static let vip = IPAddress(10, 0, 0, 100)
  static let anyPortVIP = IPAddress(10, 0, 0, 101)

  /// One real server each, so that a packet's service determines its path.
  struct Service {
    let name: String
    let server: IPAddress
    var method = ForwardingMethod.direct
    /// The interface slot; slot 5 has no socket in these tests.
    var egress = 0
    /// VLAN ids of the path, outer first.
    var tags: [VLANTag] = []
    var mtu = 1500
  }

  static let services = [
    Service(name: "tcp 10.0.0.100:80", server: IPAddress(10, 0, 1, 10)),
    Service(name: "tcp 10.0.0.100:81", server: IPAddress(10, 0, 1, 11), egress: 3),
    Service(name: "tcp 10.0.0.100:82", server: IPAddress(10, 0, 1, 12), method: .ipip, egress: 3),
    Service(name: "tcp 10.0.0.100:83", server: IPAddress(10, 0, 1, 13), egress: 5),
    Service(name: "tcp 10.0.0.100:90", server: IPAddress(10, 0, 1, 20), mtu: 300),
    Service(name: "tcp 10.0.0.100:91", server: IPAddress(10, 0, 1, 21), method: .ipip, egress: 3, mtu: 400),
    Service(name: "tcp 10.0.0.100:92", server: IPAddress(10, 0, 1, 22), mtu: 9000),
    Service(name: "tcp 10.0.0.100:93", server: IPAddress(10, 0, 1, 23), method: .ipip, egress: 3, mtu: 9000),
    Service(name: "udp 10.0.0.100:53", server: IPAddress(10, 0, 1, 10)),
    Service(name: "tcp 10.0.0.101:0", server: IPAddress(10, 0, 1, 10)),
    Service(name: "tcp 10.0.0.101:443", server: IPAddress(10, 0, 1, 14)),
    Service(name: "tcp 10.0.0.100:85", server: IPAddress(10, 0, 1, 15), method: .gue),
    Service(name: "tcp 10.0.0.100:86", server: IPAddress("fd00::16") ?? vip, method: .gre),
    Service(name: "tcp 10.0.0.100:87", server: IPAddress("fd00::17") ?? vip, method: .gue),
    Service(name: "tcp [fd00:77::100]:80", server: IPAddress("fd00::10") ?? vip),
    Service(name: "udp [fd00:77::101]:0", server: IPAddress("fd00::10") ?? vip),
  ]

  static let tunnelSource = IPAddress(10, 0, 9, 1)

  /// Writes the next generation and puts it in force. The idle half must have no readers in this process; the kernel may read the active one.
  static func publish(_ services: [Service] = services, to memory: TableMemory) throws {
    var writer = TableWriter(memory)
    let (table, hops) = try desired(services)
    try writer.publish(table, hops)
  }

  /// Writes the next generation into the half that is not in force.
  static func write(_ services: [Service] = services, into memory: TableMemory) throws {
    let writer = TableWriter(memory)
    let (table, hops) = try desired(services)
    writer.write(
      try writer.plan(table, hops.mapValues { .resolved($0) }, changed: writer.services.union(table.services.map(\.key)))
    )
  }

  static func desired(_ services: [Service]) throws -> (ServiceTable, [IPAddress: NextHop]) {
    var hops: [IPAddress: NextHop] = [:]
    let table = try ServiceTable(
      services: services.map { service in
        hops[service.server] = NextHop(
          egress: service.egress,
          sourceMAC: try mac(source: service.egress),
          nextHopMAC: try mac(server: service.server),
          mtu: service.mtu,
          source: tunnelSource,
          tags: service.tags
        )
        let key = try #require(ServiceKey(service.name))
        return VirtualService(key, ringSize: 251, servers: [RealServer(service.server, method: service.method)])
      }
    )
    return (table, hops)
  }

  /// The MAC address of the egress interface slot.
  static func mac(source egress: Int) throws -> MACAddress { try #require(MACAddress("02:bb:00:00:00:0\(egress)")) }

  /// The MAC address of a real server.
  static func mac(server: IPAddress) throws -> MACAddress {
    try #require(MACAddress(bytes: [0x02, 0xaa, 0, 0, 0, server.bytes[15]]))
  }
}
