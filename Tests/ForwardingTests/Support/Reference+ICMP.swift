@testable import Forwarding

/// ICMP to the topology's VIPs, from RFC 792, RFC 4443 and Docs/packets.md, over plain arrays.
extension Reference {
  static func readICMP(_ packet: [UInt8], at network: Int) -> Reading? {
    let words = Int(packet[0] & 15)
    let offset = max(words, 5) * 4
    let vip = Array(packet[16..<20])
    guard word(packet, 6) & 0x3fff == 0, packet.count >= offset + 8 else { return nil }
    var reading = Reading(network: network, total: word(packet, 2), refusal: nil, hasServers: true)
    var least = offset + 8
    let quoted = pathError(Array(packet[offset...]), to: vip)
    guard quoted != nil || topology.contains(where: { $0.address == vip }) else { return nil }
    switch packet[offset] {
    case _ where quoted != nil: least += quoted ?? 0
    case 8: break
    case 3, 11, 12:
      let quote = Array(packet[least...])
      guard quote.count >= 20, quote[0] >> 4 == 4, quote[0] & 15 >= 5, word(quote, 6) & 0x1fff == 0 else { return nil }
      let header = Int(quote[0] & 15) * 4
      guard Array(quote[12..<16]) == vip, quote.count >= header + 8 else { return nil }
      guard let service = service(vip, quote[9], port: word(quote, header)) else { return nil }
      reading.isError = true
      reading.hasServers = service.hasServers
      least += header + 8
    default: return nil
    }
    reading.refusal = headerRefusal(packet, words: words, least: least)
    guard reading.refusal == nil else { return reading }
    if checksum(Array(packet[offset..<reading.total])) != 0 { reading.refusal = .droppedBadChecksum }
    if reading.refusal == nil, quoted != nil { reading.refusal = .droppedLearnedMTU }
    if reading.refusal == nil, !reading.isError { reading.refusal = echoOutcome(vip) }
    return reading
  }

  static func readICMPv6(_ packet: [UInt8], _ walked: Walked, at network: Int) -> Reading? {
    let vip = Array(packet[24..<40])
    guard !walked.isFirstFragment, packet.count >= walked.offset + 8 else { return nil }
    let total = 40 + word(packet, 4)
    var reading = Reading(network: network, total: total, refusal: nil, hasServers: true, isIPv6: true)
    var least = walked.offset + 8
    let quoted = walked.headers.isEmpty ? pathError(Array(packet[walked.offset...]), to: vip) : nil
    guard quoted != nil || topology.contains(where: { $0.address == vip }) else { return nil }
    switch packet[walked.offset] {
    case _ where quoted != nil: least += quoted ?? 0
    case 128: break
    case 1...4:
      let quote = Array(packet[least...])
      guard quote.count >= 40, quote[0] >> 4 == 6, Array(quote[8..<24]) == vip, case .whole(let inner) = walk(quote) else {
        return nil
      }
      guard quote.count >= inner.offset + 8 else { return nil }
      guard let service = service(vip, inner.number, port: word(quote, inner.offset)) else { return nil }
      reading.isError = true
      reading.hasServers = service.hasServers
      least += inner.offset + 8
    default: return nil
    }
    reading.refusal = headerRefusal(packet, walked, total: total, least: least)
    guard reading.refusal == nil else { return reading }
    let message = Array(packet[walked.offset..<total])
    let pseudo = Array(packet[8..<40]) + [0, 58] + big(UInt16(message.count))
    if checksum(pseudo + message) != 0 { reading.refusal = .droppedBadChecksum }
    if reading.refusal == nil, quoted != nil { reading.refusal = .droppedLearnedMTU }
    if reading.refusal == nil, !reading.isError { reading.refusal = echoOutcome(vip) }
    return reading
  }

  static func transportOffset(_ packet: [UInt8]) -> Int {
    guard case .whole(let walked) = walk(packet) else { return 40 }
    return walked.offset
  }

  private static func service(_ address: [UInt8], _ number: UInt8, port: Int) -> Service? {
    let candidates = topology.filter { $0.address == address && $0.number == number }
    return candidates.first { $0.port == port } ?? candidates.first { $0.port == 0 }
  }

  private static func echoOutcome(_ vip: [UInt8]) -> Outcome {
    topology.contains { $0.address == vip && $0.hasServers } ? .answeredEcho : .droppedEcho
  }
}
