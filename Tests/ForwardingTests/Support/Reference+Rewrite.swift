import CTables

@testable import Forwarding

extension Reference {
  /// What becomes of a frame, all stages together, given the server that it goes to if it goes anywhere.
  static func outcome(_ frame: [UInt8], headroom: Int, server: () -> sluice_server) -> Outcome {
    guard let reading = read(frame) else { return .notForService }
    if let refusal = reading.refusal {
      return refusal == .answeredEcho && isOfGroup(frame) ? .droppedEcho : refusal
    }
    guard reading.hasServers else { return reading.isError ? .droppedNoServer : noServerOutcome(frame, headroom: headroom) }
    let server = server()
    let outer = server.method != UInt8(SLUICE_IPIP) ? 0 : server.flags & UInt8(SLUICE_SERVER_IPV6) != 0 ? 40 : 20
    if reading.total + outer > Int(server.mtu) {
      return reading.isError
        ? .droppedTooBig : tooBigOutcome(frame, total: reading.total, room: Int(server.mtu) - outer, headroom: headroom)
    }
    let header = 14 + 4 * Int(server.flags >> UInt8(SLUICE_SERVER_TAGS_SHIFT)) + outer
    return header > reading.network + headroom ? .droppedNoHeadroom : .forwarded
  }

  /// The frame that leaves for a server on an untagged way; of an outer header, what is the sender's choice comes from outside.
  static func forwarded(_ frame: [UInt8], by server: sluice_server, identification: Int, label: Int) -> [UInt8] {
    guard let reading = read(frame) else { return [] }
    let macs = withUnsafeBytes(of: server) { Array($0[..<12]) }
    let six: [UInt8] = [0x86, 0xdd]
    let four: [UInt8] = [0x08, 0x00]
    guard server.method == UInt8(SLUICE_IPIP) else {
      return macs + (reading.isIPv6 ? six : four) + frame[reading.network...]
    }
    let inner = Array(frame[reading.network..<reading.network + reading.total])
    let isOuterIPv6 = server.flags & UInt8(SLUICE_SERVER_IPV6) != 0
    let trafficClass = reading.isIPv6 ? inner[0] << 4 | inner[1] >> 4 : inner[1]
    let number: UInt8 = reading.isIPv6 ? 41 : 4
    let addresses =
      withUnsafeBytes(of: server.tunnel_source) { Array($0[(isOuterIPv6 ? 0 : 12)...]) }
      + withUnsafeBytes(of: server.address) { Array($0[(isOuterIPv6 ? 0 : 12)...]) }
    if isOuterIPv6 {
      let first = [0x60 | trafficClass >> 4, trafficClass << 4 | UInt8(label >> 16)] + big(UInt16(label & 0xffff))
      return macs + six + first + big(UInt16(reading.total)) + [number, 64] + addresses + inner
    }
    let dontFragment = reading.isIPv6 ? 0x40 : inner[6] & 0x40
    var outer: [UInt8] = [0x45, trafficClass] + big(UInt16(reading.total + 20))
    outer += big(dontFragment != 0 ? 0 : UInt16(identification)) + [dontFragment, 0, 64, number, 0, 0] + addresses
    let sum = big(checksum(outer))
    outer[10] = sum[0]
    outer[11] = sum[1]
    return macs + four + outer + inner
  }
}
