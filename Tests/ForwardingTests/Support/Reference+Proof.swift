import ABI

@testable import Forwarding

/// Which errors about outer packets are believed, from Docs/packets.md, Size. The fields that depend on the hash key are not computed:
/// they are read from the packets that were sent.
extension Reference {
  /// The outer packets sent so far: one for each flow.
  struct SentTunnels {
    private struct Sent {
      var server: UInt32
      /// All that the quote must have, in the order of the packet.
      var fields: [UInt8]
    }

    private var flows: [[UInt8]: Sent] = [:]
    /// Flows of packets that came in. Some have an entry although nothing was sent, such as those of packets that were too big.
    private var received: Set<[UInt8]> = []

    /// - Parameter outer: from the IP header on.
    mutating func note(_ outer: [UInt8], server: UInt32) {
      if case .flow(let flow) = inner(outer) { flows[flow] = Sent(server: server, fields: fields(outer)) }
    }

    /// - Parameter packet: a client's, from the IP header on.
    mutating func note(received packet: [UInt8]) {
      if let first = packet.first, case .flow(let flow) = client(packet, first >> 4 == 4 ? 4 : 41) { received.insert(flow) }
    }

    /// The outcomes that are right for an error in an untagged frame of interface 0.
    ///
    /// - Parameters:
    ///   - error: from the IP header on.
    ///   - tunnel: the tunnel's index, also that of the server with the route's MTU.
    func outcomes(_ error: [UInt8], tunnel: UInt32, _ servers: UnsafeMutablePointer<sluice_server>) -> [Outcome] {
      let isIPv6 = error[0] >> 4 == 6
      let start = isIPv6 ? 40 : Int(error[0] & 15) * 4
      let total = isIPv6 ? 40 + word(error, 4) : word(error, 2)
      let quote = Array(error[(start + 8)..<total])
      let length = isIPv6 ? 40 + word(quote, 4) : word(quote, 2)
      var mtu = word(error, start + 6)
      if isIPv6 { mtu += word(error, start + 4) << 16 }
      if !isIPv6, mtu == 0 { mtu = [32000, 17914, 8166, 4352, 2002, 1492, 1280, 1006].first { $0 < length } ?? 552 }
      guard mtu < length, mtu < Int(servers[Int(tunnel)].mtu) else { return [.droppedRefusedMTU] }
      if !isIPv6, Array(quote[4..<8]) != [0, 0, 0x40, 0] { return [.droppedRefusedMTU] }
      switch inner(quote) {
      case .none: return [.droppedRefusedMTU]
      case .unclear: return isIPv6 || mtu < 1280 ? [.droppedRefusedMTU] : [.droppedLearnedMTU, .droppedRefusedMTU]
      case .beyondQuote: return isIPv6 || mtu < 1280 ? [.droppedRefusedMTU] : [.droppedLearnedMTU]
      case .flow(let flow):
        guard flows[flow] != nil || !received.contains(flow) else { return [.droppedLearnedMTU, .droppedRefusedMTU] }
        guard let sent = flows[flow], servers[Int(sent.server)].tunnel == tunnel, sent.fields == fields(quote) else {
          return [.droppedRefusedMTU]
        }
        let least = !isIPv6 && servers[Int(sent.server)].method == UInt8(SLUICE_GUE) ? 552 : 1280
        // The flow may have ended since.
        return mtu < least ? [.droppedRefusedMTU] : [.droppedLearnedMTU, .droppedRefusedMTU]
      }
    }

    private enum Inner {
      case beyondQuote, none
      /// IPv6 extension headers that are cut off, or that name another destination than the last one.
      case unclear
      /// Addresses, ports and protocol of the client's packet.
      case flow([UInt8])
    }

    /// The offset of the tunnel header, and the outer protocol.
    private func payload(_ outer: [UInt8]) -> (offset: Int, number: UInt8) {
      guard outer[0] >> 4 == 6 else { return (20, outer[9]) }
      return outer[6] == 44 ? (48, outer[40]) : (40, outer[6])
    }

    private func fields(_ outer: [UInt8]) -> [UInt8] {
      let (at, number) = payload(outer)
      let own = [17: Array(outer[at..<at + 4]), 47: Array(outer[at..<at + 2])][number] ?? []
      let label = outer[0] >> 4 == 6 ? [outer[1] & 15] + outer[2..<4] : []
      return label + (outer[0] >> 4 == 6 ? outer[8..<40] : outer[12..<20]) + [number == 41 ? 4 : number] + own
    }

    private func inner(_ outer: [UInt8]) -> Inner {
      var (at, number) = payload(outer)
      switch number {
      case 17:
        guard outer.count >= at + 12 else { return .beyondQuote }
        guard outer[at + 8] == 0, [4, 41].contains(outer[at + 9]) else { return .none }
        (at, number) = (at + 12, outer[at + 9])
      case 47:
        let types = [0x0800: 4, 0x86dd: 41] as [Int: UInt8]
        guard word(outer, at) & 0x7fff == 0, let inside = types[word(outer, at + 2)] else { return .none }
        (at, number) = (at + (outer[at] == 0 ? 4 : 8), inside)
      default: break
      }
      return client(Array(outer.dropFirst(at)), number)
    }

    /// - Parameter number: 4 for an IPv4 packet, 41 for IPv6.
    private func client(_ packet: [UInt8], _ number: UInt8) -> Inner {
      guard packet.count >= (number == 4 ? 20 : 40) else { return .beyondQuote }
      guard packet[0] >> 4 == (number == 4 ? 4 : 6) else { return .none }
      if number == 4 {
        let header = Int(packet[0] & 15) * 4
        guard header >= 20, [6, 17].contains(packet[9]), word(packet, 6) & 0x1fff == 0 else { return .none }
        guard packet.count >= header + 8 else { return .beyondQuote }
        return .flow(packet[12..<20] + packet[header..<header + 4] + [packet[9]])
      }
      switch walk(packet) {
      case .whole(let walked):
        guard [6, 17].contains(walked.number) else { return .none }
        guard packet.count >= walked.offset + 8 else { return .beyondQuote }
        return .flow(packet[8..<40] + packet[walked.offset..<walked.offset + 4] + [walked.number])
      case .notOurs: return .unclear
      case .laterFragment, .tooMany: return .none
      }
    }
  }
}
