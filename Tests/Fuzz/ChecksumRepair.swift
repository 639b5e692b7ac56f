/// Writes the right IPv4 header, ICMP and ICMPv6 checksums, as far as the frame goes: mutations break them, and no fuzzer guesses them.
enum ChecksumRepair {
  static func repair(_ frame: inout [UInt8]) {
    guard let network = FrameBytes.network(frame) else { return }
    let packet = Array(frame[network...])
    let end = min(frame.count, network + FrameBytes.length(packet))
    if FrameBytes.isIPv6(packet) {
      let transport = network + 40
      guard packet[6] == 58, end >= transport + 4 else { return }
      repair(&frame, transport..<end, at: transport + 2, FrameBytes.pseudoHeader(packet, 58, end - transport))
    } else {
      let header = network + Int(packet[0] & 15) * 4
      guard header >= network + 20, header <= frame.count else { return }
      repair(&frame, network..<header, at: network + 10)
      guard packet[9] == 1, end >= header + 4 else { return }
      repair(&frame, header..<end, at: header + 2)
    }
  }

  private static func repair(_ frame: inout [UInt8], _ part: Range<Int>, at: Int, _ seed: Int = 0) {
    (frame[at], frame[at + 1]) = (0, 0)
    let check = ~UInt16(truncatingIfNeeded: FrameBytes.sum(frame[part], seed))
    (frame[at], frame[at + 1]) = (UInt8(check >> 8), UInt8(check & 0xff))
  }
}
