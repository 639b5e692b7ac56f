import CTables

@testable import Forwarding

extension Reference {
  /// What becomes of a frame, all stages together, given the server that it goes to if it goes anywhere.
  static func outcome(_ frame: [UInt8], headroom: Int, server: () -> sluice_server) -> Outcome {
    guard let reading = read(frame) else { return .notForService }
    if let refusal = reading.refusal { return refusal }
    guard reading.hasServers else { return .droppedNoServer }
    let server = server()
    let outer = server.method == UInt8(SLUICE_IPIP) ? 20 : 0
    if reading.total + outer > Int(server.mtu) { return .droppedTooBig }
    let header = 14 + 4 * Int(server.tag_count) + outer
    return header > reading.network + headroom ? .droppedNoHeadroom : .forwarded
  }

  /// The frame that leaves for a server on an untagged way.
  static func forwarded(_ frame: [UInt8], by server: sluice_server, identification: Int) -> [UInt8] {
    guard let reading = read(frame) else { return [] }
    let ethernet = withUnsafeBytes(of: server) { Array($0[..<12]) } + [0x08, 0x00]
    guard server.method == UInt8(SLUICE_IPIP) else { return ethernet + frame[reading.network...] }
    let inner = Array(frame[reading.network..<reading.network + reading.total])
    let dontFragment = inner[6] & 0x40
    var outer: [UInt8] = [0x45, inner[1]] + big(UInt16(reading.total + 20))
    outer += big(dontFragment != 0 ? 0 : UInt16(identification)) + [dontFragment, 0, 64, 4, 0, 0]
    outer +=
      withUnsafeBytes(of: server.tunnel_source) { Array($0[12...]) } + withUnsafeBytes(of: server.address) { Array($0[12...]) }
    let sum = big(checksum(outer))
    outer[10] = sum[0]
    outer[11] = sum[1]
    return ethernet + outer + inner
  }
}
