import ABI
import Packet

/// Identifies a flow: its client, its ports and its service.
package struct Connection {
  /// The client's address in memory order. For IPv4 the second half is that of ::ffff:a.b.c.d, and the first half is undefined.
  package var client: (UInt64, UInt64)
  /// In packet order: the client's first.
  package var ports: UInt32
  /// The service's index when the flow began.
  package var service: UInt16
  /// The sequence number of the flow's first SYN, folded to 16 bits; 0 if the flow began with another packet.
  package var sequence: UInt16
  package var isIPv6: Bool

  @inline(__always) @_noLocks
  package init(client: (UInt64, UInt64), ports: UInt32, service: UInt16, sequence: UInt16 = 0, isIPv6: Bool) {
    self.client = client
    self.ports = ports
    self.service = service
    self.sequence = sequence
    self.isIPv6 = isIPv6
  }

  /// Reads a flow's first packet. A new flow's addresses are recorded only here.
  @inline(__always) @_noLocks
  init(_ frame: Frame, _ packet: ScratchPacket) {
    let header = frame.bytes + Int(packet.network)
    let service = UInt16(truncatingIfNeeded: packet.service)
    let segment = header + Self.transport(header, packet)
    let sequence = Self.sequence(segment, packet)
    guard packet.isIPv6 else {
      let client: (UInt64, UInt64) = (0, Tables.mapped(header.raw32(12)))
      self.init(client: client, ports: segment.raw32(0), service: service, sequence: sequence, isIPv6: false)
      return
    }
    let client = (header.raw64(8), header.raw64(16))
    self.init(client: client, ports: segment.raw32(0), service: service, sequence: sequence, isIPv6: true)
  }

  /// Offset of the ports. Those of IPv6 lie behind the extension headers; nearly all packets have none, and the walk is over at once.
  @inline(__always) @_noLocks
  static func transport(_ header: UnsafeMutableRawPointer, _ packet: borrowing ScratchPacket) -> Int {
    packet.isIPv6 ? IPv6.walk(header, Int(packet.networkLength)).offset : Int(header.u8(0) & 15) &* 4
  }

  /// The folded sequence number of a SYN; 0 of any other packet.
  @inline(__always) @_noLocks
  private static func sequence(_ segment: UnsafeMutableRawPointer, _ packet: ScratchPacket) -> UInt16 {
    guard TCPFlag.isSYN(packet.flags) else { return 0 }
    let number = segment.raw32(4)
    return UInt16(truncatingIfNeeded: number ^ number &>> 16)
  }

  /// That of a packet, read for a comparison with a flow's.
  @inline(__always) @_noLocks
  static func sequence(_ frame: Frame, _ packet: ScratchPacket) -> UInt16 {
    let header = frame.bytes + Int(packet.network)
    return sequence(header + transport(header, packet), packet)
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
    return Connection(
      client: (prefix, record.client),
      ports: record.ports,
      service: record.service,
      sequence: record.sequence,
      isIPv6: true
    )
  }

  @inline(__always) @_noLocks
  package func write(_ connection: Connection, of entry: UnsafeMutablePointer<sluice_flow>) {
    let number = number(entry)
    let record = connections + number
    sluice_write_connection(record, connection.client.1, connection.ports, connection.service, connection.sequence)
    if connection.isIPv6 { sluice_write_prefix(prefixes + number, connection.client.0) }
  }
}
