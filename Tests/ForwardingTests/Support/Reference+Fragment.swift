@testable import Forwarding

extension Reference {
  /// The dispositions of first fragments, with the datagram keys of RFC 791 3.2 and RFC 8200 4.5.
  struct Datagrams {
    enum Disposition {
      case server(UInt32)
      case dropped(Outcome)
      case kernel
    }
    private var dispositions: [[UInt8]: (disposition: Disposition, second: UInt32)] = [:]

    mutating func note(_ frame: [UInt8], server: UInt32, now: UInt32) {
      guard let fragment = Fragment(frame), fragment.isFirst else { return }
      guard let reading = Reference.read(frame) else {
        dispositions[fragment.key] = (.kernel, now)
        return
      }
      if reading.refusal != nil {
        dispositions[fragment.key] = (.dropped(.droppedFragment), now)
      } else {
        dispositions[fragment.key] = (reading.hasServers ? .server(server) : .dropped(.droppedNoServer), now)
      }
    }

    func disposition(_ key: [UInt8], now: UInt32) -> Disposition? {
      dispositions[key].flatMap { now - $0.second <= 30 ? $0.disposition : nil }
    }
  }

  /// A fragment of a datagram to a VIP.
  struct Fragment {
    var key: [UInt8]
    var isFirst: Bool
    var number: UInt8
    var packet: [UInt8]
    var walked: Walked?

    init?(_ frame: [UInt8]) {
      if let network = networkOffset(frame), frame.count >= network + 20 {
        packet = Array(frame[network...])
        let fragment = word(packet, 6)
        number = packet[9]
        isFirst = fragment & 0x1fff == 0
        guard packet[0] >> 4 == 4, number == 6 || number == 17, fragment & 0x3fff != 0 else { return nil }
        key = Array(packet[12..<20]) + packet[4..<6] + [number]
      } else if let network = networkOffset(frame, type: 0x86dd), frame.count >= network + 40 {
        packet = Array(frame[network...])
        let chain = walk(packet)
        switch chain {
        case .whole(let walked) where walked.isFirstFragment: (self.walked, isFirst) = (walked, true)
        case .laterFragment(let walked): (self.walked, isFirst) = (walked, false)
        default: return nil
        }
        guard packet[0] >> 4 == 6, let last = walked?.headers.last(where: { $0.number == 44 }) else { return nil }
        number = walked?.number ?? 0
        key = Array(packet[8..<40]) + last.bytes[4..<8]
      } else {
        return nil
      }
      let destination = walked == nil ? Array(packet[16..<20]) : Array(packet[24..<40])
      guard topology.contains(where: { $0.address == destination }) else { return nil }
    }

    private var destination: [UInt8] { walked == nil ? Array(packet[16..<20]) : Array(packet[24..<40]) }

    /// Like `Reference.read`, for a later fragment; nil: it goes to the kernel.
    func reading(_ datagrams: Datagrams, at network: Int, now: UInt32) -> Reading? {
      let disposition = datagrams.disposition(key, now: now)
      if case .kernel = disposition { return nil }
      let hasMoreHeaders = walked != nil && [0, 43, 44, 51, 60].contains(number)
      let may = topology.contains { $0.address == destination && (hasMoreHeaders || $0.number == number) }
      guard disposition != nil || may else { return nil }
      let isIPv6 = walked != nil
      let total = isIPv6 ? 40 + word(packet, 4) : word(packet, 2)
      // No ICMP error is sent about it, as about an ICMP error.
      var reading = Reading(network: network, total: total, refusal: nil, hasServers: true, isIPv6: isIPv6, isError: true)
      if let walked {
        reading.refusal = headerRefusal(packet, walked, total: total, least: walked.offset)
      } else {
        let words = Int(packet[0] & 15)
        reading.refusal = headerRefusal(packet, words: words, least: words * 4)
      }
      guard reading.refusal == nil else { return reading }
      switch disposition {
      case .server(let server): reading.server = server
      case .dropped(let outcome): reading.refusal = outcome
      default: reading.refusal = .droppedLateFragment
      }
      return reading
    }
  }
}
