import ABI
import Packet

/// Identifies a flow: its client, its ports and its service.
package struct Connection {
  /// The client's address in memory order. For IPv4 the second half is that of ::ffff:a.b.c.d, and the first half is undefined.
  package var client: (UInt64, UInt64)
  /// In packet order: the client's first.
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

  /// Reads a flow's first packet. A new flow's addresses are recorded only here.
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
  /// The entry's number in the whole table.
  @inline(__always) @_noLocks
  func number(_ entry: UnsafeMutablePointer<sluice_flow>) -> Int {
    UnsafeMutableRawPointer(buckets).assumingMemoryBound(to: sluice_flow.self).distance(to: entry)
  }

  /// The connection of an entry. Its address family is that of its service.
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
