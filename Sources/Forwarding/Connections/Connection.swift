import ABI
import Packet

/// Who a flow is: its client, its ports and its service.
package struct Connection {
  /// The client's address in memory order; of an IPv4 client the second half is that of ::ffff:a.b.c.d, and the first means nothing.
  package var client: (UInt64, UInt64)
  /// As they lie in the packet: the client's first.
  package var ports: UInt32
  /// The service's incarnation << 16 | its index.
  package var service: UInt32
  package var isIPv6: Bool

  @inline(__always) @_noLocks
  package init(client: (UInt64, UInt64), ports: UInt32, service: UInt32, isIPv6: Bool) {
    self.client = client
    self.ports = ports
    self.service = service
    self.isIPv6 = isIPv6
  }

  /// Read from a flow's first packet: the one place where a new flow's addresses are written down.
  @inline(__always) @_noLocks
  init(_ frame: Frame, _ packet: ScratchPacket, service: UInt32) {
    let header = frame.bytes + Int(packet.network)
    guard packet.isIPv6 else {
      let ports = header.raw32(Int(header.u8(0) & 15) &* 4)
      self.init(client: (0, Tables.mapped(header.raw32(12))), ports: ports, service: service, isIPv6: false)
      return
    }
    // The ports lie behind the extension headers; nearly all packets have none, and the walk is over at once.
    let ports = header.raw32(IPv6.walk(header, Int(packet.networkLength)).offset)
    self.init(client: (header.raw64(8), header.raw64(16)), ports: ports, service: service, isIPv6: true)
  }
}

extension FlowTable {
  /// The number of an entry among all.
  @inline(__always) @_noLocks
  func number(_ entry: UnsafeMutablePointer<sluice_flow>) -> Int {
    UnsafeMutableRawPointer(buckets).assumingMemoryBound(to: sluice_flow.self).distance(to: entry)
  }

  /// Who the flow of an entry is; of which family, only its service's address tells.
  @_noLocks
  package func connection(_ entry: UnsafeMutablePointer<sluice_flow>) -> Connection {
    let record = connections[number(entry)]
    let prefix = prefixes[number(entry)]
    return Connection(client: (prefix, record.client), ports: record.ports, service: record.service, isIPv6: true)
  }

  @inline(__always) @_noLocks
  package func write(_ connection: Connection, of entry: UnsafeMutablePointer<sluice_flow>) {
    let number = number(entry)
    sluice_write_connection(connections + number, connection.client.1, connection.ports, connection.service)
    if connection.isIPv6 { sluice_write_prefix(prefixes + number, connection.client.0) }
  }
}
