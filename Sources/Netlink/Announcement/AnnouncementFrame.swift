import Model
import Packet

/// The frame by which a host says that an address is at its MAC address, so that its neighbours correct their tables at once.
///
/// IPv4: an ARP announcement (RFC 5227 2.3), a request for the address by its owner; hosts that know the address take the sender's MAC address
/// (RFC 826). The rejected choice is a gratuitous reply, which some hosts don't accept unasked. IPv6: an unsolicited neighbour advertisement
/// with the override flag (RFC 4861 7.2.6).
struct AnnouncementFrame: Equatable {
  private(set) var bytes: [UInt8] = []

  init(_ address: IPAddress, at mac: MACAddress) {
    if address.isIPv4 {
      writeARP(Array(address.bytes.suffix(4)), mac.bytes)
    } else {
      writeAdvertisement(address.bytes, mac.bytes)
    }
  }

  private mutating func writeARP(_ address: [UInt8], _ mac: [UInt8]) {
    bytes = [UInt8](repeating: 0xff, count: 6) + mac + [0x08, 0x06]
    // Ethernet, IPv4, lengths 6 and 4, request.
    bytes += [0, 1, 8, 0, 6, 4, 0, 1] + mac + address + [UInt8](repeating: 0, count: 6) + address
    // The shortest frame without its checksum.
    bytes += [UInt8](repeating: 0, count: 60 - bytes.count)
  }

  private mutating func writeAdvertisement(_ address: [UInt8], _ mac: [UInt8]) {
    let allNodes: [UInt8] = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    // Type 136, override; one option: the target's link-layer address.
    let message = [136, 0, 0, 0, 0x20, 0, 0, 0] + address + [2, 1] + mac
    bytes = [0x33, 0x33, 0, 0, 0, 1] + mac + [0x86, 0xdd]
    // Hop limit 255: receivers drop it otherwise (RFC 4861 7.1.2).
    bytes += [0x60, 0, 0, 0, 0, UInt8(message.count), 58, 255] + address + allNodes + message
    let sum = bytes.withUnsafeMutableBytes { frame -> UInt16 in
      guard let start = frame.baseAddress else { return 0 }
      let header = start + 14
      return ~Checksum.fold(
        Checksum.sum(header + 40, message.count, Checksum.pseudoHeader(ofIPv6: header, payload: message.count, 58))
      )
    }
    withUnsafeBytes(of: sum) { bytes.replaceSubrange(56..<58, with: $0) }
  }
}
