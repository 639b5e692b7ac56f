import ABI
import Packet

/// Who a flow is, read from its first packet: the one place where a new flow's addresses are written down.
enum Connection {
  /// - Parameter service: its incarnation and index, as `sluice_connection` has them.
  @inline(__always) @_noLocks
  static func record(_ frame: Frame, _ packet: ScratchPacket, service: UInt32) -> sluice_connection {
    let header = frame.bytes + Int(packet.network)
    guard packet.isIPv6 else {
      let ports = header.raw32(Int(header.u8(0) & 15) &* 4)
      return sluice_connection(client: (0, Tables.mapped(header.raw32(12))), ports: ports, service: service)
    }
    // The ports lie behind the extension headers; nearly all packets have none, and the walk is over at once.
    let ports = header.raw32(IPv6.walk(header, Int(packet.networkLength)).offset)
    return sluice_connection(client: (header.raw64(8), header.raw64(16)), ports: ports, service: service)
  }
}
