import ABI

@testable import Forwarding

/// A real server's receive path: reassembles outer packets, removes tunnel headers, reassembles inner packets. It checks every
/// checksum and length; nil means that one was wrong.
struct Reassembly {
  let path: Path

  /// The client's packet.
  func packet(_ frames: [[UInt8]]) -> [UInt8]? {
    let packets = frames.map { Array($0[14...]) }
    guard path.method != Int(SLUICE_DIRECT) else { return Self.joined4(packets) }
    var outer = packets
    if packets.count > 1, path.toIPv6 ? packets[0][6] == 44 : Reference.word(packets[0], 6) & 0x3fff != 0 {
      guard let whole = path.toIPv6 ? Self.joined6(packets) : Self.joined4(packets) else { return nil }
      outer = [whole]
    }
    let inner = outer.compactMap(unwrapped)
    guard inner.count == outer.count else { return nil }
    return inner.count == 1 ? inner[0] : Self.joined4(inner)
  }

  /// RFC 791 3.2. The first fragment's header, except for the fields that fragmentation changes.
  static func joined4(_ fragments: [[UInt8]]) -> [UInt8]? {
    guard let first = fragments.first else { return nil }
    var data: [UInt8] = []
    for (index, fragment) in fragments.enumerated() {
      let header = Int(fragment[0] & 15) * 4
      let flags = Reference.word(fragment, 6)
      guard Reference.checksum(Array(fragment[..<header])) == 0, Reference.word(fragment, 2) == fragment.count else { return nil }
      guard (flags & 0x1fff) * 8 == data.count, (flags & 0x2000 != 0) == (index < fragments.count - 1) else { return nil }
      guard fragment[4..<6] == first[4..<6], fragment[8..<10] == first[8..<10], fragment[12..<20] == first[12..<20] else {
        return nil
      }
      data += fragment[header...]
    }
    var header = Array(first[..<(Int(first[0] & 15) * 4)])
    header.replaceSubrange(2..<4, with: big(UInt16(header.count + data.count)))
    header[6] = 0
    header.replaceSubrange(10..<12, with: [0, 0])
    header.replaceSubrange(10..<12, with: big(Reference.checksum(header)))
    return header + data
  }

  /// RFC 8200 4.5.
  static func joined6(_ fragments: [[UInt8]]) -> [UInt8]? {
    guard let first = fragments.first else { return nil }
    var data: [UInt8] = []
    for (index, fragment) in fragments.enumerated() {
      guard Reference.word(fragment, 4) + 40 == fragment.count, fragment[6] == 44, fragment[8..<40] == first[8..<40] else {
        return nil
      }
      guard fragment[40] == first[40], fragment[41] == 0, fragment[44..<48] == first[44..<48] else { return nil }
      let offset = Reference.word(fragment, 42)
      guard offset & 0xfff8 == data.count, offset & 7 == (index < fragments.count - 1 ? 1 : 0) else { return nil }
      data += fragment[48...]
    }
    return Array(first[..<4]) + big(UInt16(data.count)) + [first[40]] + first[7..<40] + data
  }

  /// The packet inside an outer packet.
  private func unwrapped(_ packet: [UInt8]) -> [UInt8]? {
    let header = path.toIPv6 ? 40 : 20
    if !path.toIPv6 {
      guard Reference.checksum(Array(packet[..<20])) == 0, Reference.word(packet, 2) == packet.count else { return nil }
    }
    let number = path.toIPv6 ? packet[6] : packet[9]
    let payload = Array(packet[header...])
    let addresses = path.toIPv6 ? packet[8..<40] : packet[12..<20]
    switch number {
    case 4, 41: return payload
    case 17:
      guard Reference.word(payload, 4) == payload.count, (Reference.word(payload, 6) != 0) == path.checksum else { return nil }
      guard !path.checksum || Reference.checksum(addresses + [0, 17] + payload[4..<6] + payload) == 0 else { return nil }
      return Array(payload[12...])
    case 47:
      guard !path.checksum || Reference.checksum(payload) == 0 else { return nil }
      return Array(payload[(path.checksum ? 8 : 4)...])
    default: return nil
    }
  }
}
