import ABI

/// A path to a real server, and the check of a frame forwarded on it.
struct Path {
  private let setting: Setting
  private let server: sluice_server
  var isTunnel: Bool { setting.method != SLUICE_DIRECT }
  var outerIsIPv6: Bool { setting.outerIsIPv6 }
  var mtu: Int { Int(setting.mtu) }

  init(_ setting: Setting, _ server: sluice_server) { (self.setting, self.server) = (setting, server) }

  /// What is wrong, or nil.
  func complaint(_ received: [UInt8], _ sent: [UInt8]) -> String? {
    guard let network = FrameBytes.network(received) else { return "no IP packet came in" }
    let client = Array(received[network...])
    let total = FrameBytes.length(client)
    guard total <= client.count else { return "a packet longer than its frame was forwarded" }
    let packet = FrameBytes.hop(Array(client[..<total]))

    let link = link(isTunnel ? outerIsIPv6 : FrameBytes.isIPv6(packet))
    guard sent.starts(with: link) else { return "the link header is not \(link)" }
    let outgoing = Array(sent[link.count...])
    guard isTunnel else { return outgoing.starts(with: packet) && total <= mtu ? nil : "the packet changed" }
    guard outgoing.count <= mtu else { return "\(outgoing.count) bytes on a path with an MTU of \(mtu)" }
    switch unwrapped(outgoing, packet) {
    case .success(let inner): return inner == packet ? nil : "the inner packet changed"
    case .failure(let complaint): return complaint.sentence
    }
  }

  struct Complaint: Error { let sentence: String }

  func link(_ isIPv6: Bool) -> [UInt8] {
    let macs = withUnsafeBytes(of: server) { Array($0[0..<12]) }
    let outer: [UInt8] = setting.hasServiceTags ? [0x88, 0xa8] : [0x81, 0]
    let tags = [outer + big(server.tags.0), [0x81, 0] + big(server.tags.1)].prefix(setting.tags).flatMap { $0 }
    return macs + tags + (isIPv6 ? [0x86, 0xdd] : [8, 0])
  }

  func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

  /// The packet that a real server would decapsulate, with every field of the outer headers checked.
  func unwrapped(_ outer: [UInt8], _ inner: [UInt8]) -> Result<[UInt8], Complaint> {
    func no(_ sentence: String) -> Result<[UInt8], Complaint> { .failure(Complaint(sentence: sentence)) }
    let header = setting.outerIsIPv6 ? 40 : 20
    guard outer.count > header, FrameBytes.isIPv6(outer) == setting.outerIsIPv6 else { return no("no outer header") }
    guard FrameBytes.length(outer) == outer.count else { return no("an outer length of \(FrameBytes.length(outer))") }
    let number: UInt8
    if setting.outerIsIPv6 {
      guard outer[7] == 64, FrameBytes.word(outer, 2) | Int(outer[1] & 15) != 0 else { return no("hop limit or flow label") }
      number = outer[6]
    } else {
      guard outer[0] == 0x45, outer[8] == 64 else { return no("an outer header of \(outer.prefix(20))") }
      guard FrameBytes.sum(outer[..<20]) == 0xffff else { return no("a wrong outer checksum") }
      number = outer[9]
    }
    let inside: UInt8 = FrameBytes.isIPv6(inner) ? 41 : 4
    let payload = Array(outer[header...])
    switch setting.method {
    case SLUICE_GUE:
      guard number == 17, payload.count > 12, FrameBytes.word(payload, 2) == 6080, FrameBytes.word(payload, 4) == payload.count,
        payload[8...11].elementsEqual([0, inside, 0, 0])
      else { return no("no GUE") }
      if setting.hasChecksum {
        let seed = FrameBytes.pseudoHeader(outer, 17, payload.count)
        guard FrameBytes.word(payload, 6) != 0, FrameBytes.sum(payload, seed) == 0xffff else {
          return no("a wrong UDP checksum")
        }
      } else if FrameBytes.word(payload, 6) != 0 {
        return no("a UDP checksum, although none is configured")
      }
      return .success(Array(payload[12...]))
    case SLUICE_GRE:
      let size = setting.hasChecksum ? 8 : 4
      let type = inside == 41 ? 0x86dd : 0x0800
      guard number == 47, payload.count > size, FrameBytes.word(payload, 0) == (setting.hasChecksum ? 0x8000 : 0),
        FrameBytes.word(payload, 2) == type
      else { return no("no GRE") }
      guard !setting.hasChecksum || FrameBytes.sum(payload) == 0xffff else { return no("a wrong GRE checksum") }
      return .success(Array(payload[size...]))
    default:
      return number == inside ? .success(payload) : no("an outer protocol of \(number)")
    }
  }
}
