import ABI

/// Checks a fragmented packet: reassembled, it is the client's packet, and each fragment is a valid packet on this path.
extension Path {
  /// What is wrong, or nil.
  func complaint(_ received: [UInt8], outputFragments: [[UInt8]]) -> String? {
    guard let network = FrameBytes.network(received) else { return "no IP packet came in" }
    let client = Array(received[network...])
    guard FrameBytes.length(client) <= client.count else { return "longer than its frame" }
    let packet = FrameBytes.hop(Array(client[..<FrameBytes.length(client)]))

    let link = link(isTunnel ? outerIsIPv6 : FrameBytes.isIPv6(packet))
    guard outputFragments.allSatisfy({ $0.starts(with: link) && $0.count <= link.count + mtu }) else {
      return "a fragment's link header or length"
    }
    let outgoing = outputFragments.map { Array($0[link.count...]) }
    return FrameBytes.isIPv6(packet) ? outerComplaint(outgoing, packet) : innerComplaint(outgoing, packet)
  }

  /// Inner fragmentation (RFC 791 3.2): fragments of the client's packet, each encapsulated by itself.
  private func innerComplaint(_ outputFragments: [[UInt8]], _ packet: [UInt8]) -> String? {
    let header = Int(packet[0] & 15) * 4
    let whole = FrameBytes.word(packet, 6)
    guard whole & 0x4000 == 0 else { return "fragmented in spite of DF" }
    var payload: [UInt8] = []
    for (index, outputFragment) in outputFragments.enumerated() {
      let fragment: [UInt8]
      switch isTunnel ? unwrapped(outputFragment, packet) : .success(outputFragment) {
      case .success(let inner): fragment = inner
      case .failure(let complaint): return complaint.sentence
      }
      guard fragment.count > header, FrameBytes.length(fragment) == fragment.count else { return "a fragment's length" }
      guard FrameBytes.sum(fragment[..<header]) == 0xffff else { return "a fragment's header checksum" }
      // Version, type of service; identification; TTL, protocol; addresses. Options may have become no operations.
      let same = [0..<2, 4..<6, 8..<10, 12..<20]
      guard same.allSatisfy({ fragment[$0] == packet[$0] }) else { return "a fragment's header" }
      let isLast = index == outputFragments.count - 1
      let expected = whole & 0x8000 | (whole & 0x1fff + payload.count / 8) | (isLast ? whole & 0x2000 : 0x2000)
      guard FrameBytes.word(fragment, 6) == expected, isLast || (fragment.count - header) % 8 == 0 else {
        return "a fragment's offset"
      }
      payload += fragment[header...]
    }
    return payload.elementsEqual(packet[header...]) ? nil : "fragments of another packet"
  }

  /// Outer fragmentation (RFC 2473 7.1, RFC 4213 3.2.1): the client's packet is whole inside fragments of the outer packet.
  private func outerComplaint(_ outputFragments: [[UInt8]], _ packet: [UInt8]) -> String? {
    guard isTunnel, packet.count <= 1280 else { return "an IPv6 packet fragmented on its path" }
    let header = outerIsIPv6 ? 48 : 20
    var payload: [UInt8] = []
    for (index, outputFragment) in outputFragments.enumerated() {
      guard outputFragment.count > header, FrameBytes.length(outputFragment) == outputFragment.count else {
        return "an outer fragment's length"
      }
      let isLast = index == outputFragments.count - 1
      guard isLast || (outputFragment.count - header) % 8 == 0 else {
        return "an outer fragment's length that is no multiple of 8"
      }
      if outerIsIPv6 {
        guard outputFragment[6] == 44, FrameBytes.word(outputFragment, 42) == payload.count | (isLast ? 0 : 1) else {
          return "an outer fragment header"
        }
        guard outputFragment[40..<48].dropFirst(4).elementsEqual(outputFragments[0][44..<48]) else {
          return "an identification that differs from the first fragment's"
        }
      } else {
        guard FrameBytes.sum(outputFragment[..<20]) == 0xffff else { return "an outer fragment's checksum" }
        guard FrameBytes.word(outputFragment, 6) == payload.count / 8 | (isLast ? 0 : 0x2000) else {
          return "an outer fragment's offset"
        }
        guard outputFragment[4..<6] == outputFragments[0][4..<6] else {
          return "an identification that differs from the first fragment's"
        }
      }
      payload += outputFragment[header...]
    }
    switch unwrapped(whole(outputFragments[0], payload), packet) {
    case .success(let inner): return inner == packet ? nil : "the inner packet changed"
    case .failure(let complaint): return complaint.sentence
    }
  }

  /// The outer packet before fragmentation, from the header of its first fragment.
  private func whole(_ first: [UInt8], _ payload: [UInt8]) -> [UInt8] {
    if outerIsIPv6 { return Array(first[..<4]) + big(UInt16(payload.count)) + [first[40]] + first[7..<40] + payload }
    var header = Array(first[..<20])
    header.replaceSubrange(2..<4, with: big(UInt16(20 + payload.count)))
    for at in [6, 7, 10, 11] { header[at] = 0 }
    header.replaceSubrange(10..<12, with: big(~UInt16(FrameBytes.sum(header))))
    return header + payload
  }
}
