import Configuration
import Model
import Reconciler

/// The 5-tuple of a flow.
package struct FlowTuple: Hashable, Sendable {
  package let `protocol`: TransportProtocol
  package let source: Endpoint
  package let destination: Endpoint

  /// Nil when source and destination have different IP versions.
  package init?(_ protocol: TransportProtocol, from source: Endpoint, to destination: Endpoint) {
    guard source.address.isIPv4 == destination.address.isIPv4 else { return nil }
    self.protocol = `protocol`
    self.source = source
    self.destination = destination
  }
}

extension FlowTuple: CustomStringConvertible {
  package var description: String { "\(self.protocol.name) \(source) > \(destination)" }
}

extension FlowTuple {
  /// A packet of the flow from the client, in a frame to `mac`: a SYN, an ACK, or an empty datagram.
  ///
  /// - Parameter begins: for TCP, whether it is the SYN.
  func frame(to mac: [UInt8], begins: Bool) -> [UInt8] {
    let isIPv4 = source.address.isIPv4
    return mac + [2, 0, 0, 0, 0, 0] + (isIPv4 ? [0x08, 0x00] : [0x86, 0xdd]) + packet(begins: begins)
  }

  /// The packet, from the IP header on.
  func packet(begins: Bool) -> [UInt8] {
    let transport = transport(flags: begins ? 0x02 : 0x10)
    // Hop limit 64 and DF, as hosts send.
    guard source.address.isIPv4 else {
      return [0x60, 0, 0, 0] + big(UInt16(transport.count)) + [self.protocol.rawValue, 64] + source.address.bytes
        + destination.address.bytes + transport
    }
    let addresses = source.address.bytes.suffix(4) + destination.address.bytes.suffix(4)
    var header = [0x45, 0] + big(UInt16(20 + transport.count)) + [0, 0, 0x40, 0, 64, self.protocol.rawValue, 0, 0] + addresses
    header.replaceSubrange(10..<12, with: big(checksum(of: header)))
    return header + transport
  }

  /// With checksum 0: the forwarder doesn't verify it.
  private func transport(flags: UInt8) -> [UInt8] {
    let ports = big(source.port) + big(destination.port)
    return switch self.protocol {
    case .tcp: ports + [0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]
    case .udp: ports + [0, 8, 0, 0]
    }
  }

  /// RFC 1071.
  private func checksum(of header: [UInt8]) -> UInt16 {
    var sum = stride(from: 0, to: header.count, by: 2).reduce(0) { $0 + Int(header[$1]) << 8 + Int(header[$1 + 1]) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
  }
}

private func big(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }
