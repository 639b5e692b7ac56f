/// A classic pcap file with packets, in this machine's byte order.
package enum FixtureCapture {
  /// Seconds between the cases of one file: longer than every timeout of the director, so that cases do not affect each other.
  package static let pause = 100_000

  package static func bytes(_ cases: [FixtureCase], isNanosecond: Bool = false) -> [UInt8] {
    var file = word(isNanosecond ? 0xa1b2_3c4d : 0xa1b2_c3d4) + [2, 0, 4, 0] + word(0) + word(0) + word(262_144) + word(1)
    for (index, entry) in cases.enumerated() {
      for packet in entry.allPackets {
        let length = word(UInt32(packet.frame.bytes.count))
        file += word(UInt32(1_000_000 + index * pause + (packet.time ?? 0))) + word(1) + length + length + packet.frame.bytes
      }
    }
    return file
  }

  /// The packets of a file from a little-endian machine, without their times.
  package static func frames(_ file: [UInt8]) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var at = 24
    while at + 16 <= file.count {
      let length = file[at + 8..<at + 12].reversed().reduce(0) { $0 << 8 | Int($1) }
      guard at + 16 + length <= file.count else { break }
      frames.append(Array(file[at + 16..<at + 16 + length]))
      at += 16 + length
    }
    return frames
  }

  private static func word(_ number: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }
}
