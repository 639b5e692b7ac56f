import Fixtures
import Foundation

@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler

/// Bytes in the order of the file or the wire; spaces are only for reading.
func hex(_ text: String) -> [UInt8] {
  let digits = text.filter(\.isHexDigit)
  return stride(from: 0, to: digits.count, by: 2).compactMap { offset in
    let start = digits.index(digits.startIndex, offsetBy: offset)
    return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
  }
}

/// Packets to and from the topology of `TestTopology.yaml`, byte by byte; the checksums were computed elsewhere.
enum Wire {
  /// A SYN from 192.0.2.1:40000 to 10.0.0.100:80.
  static let syn = hex("45000028 12344000 3f065d37 c0000201 0a000064  9c400050 00000001 00000000 5002ffff abcd0000")
  /// A datagram with "hi" from 192.0.2.1:40000 to 10.0.0.101:53, without DF.
  static let dns = hex("4500001e 12340000 3f119d35 c0000201 0a000065  9c400035 000aabcd 6869")
  /// Both a hop later.
  static let synOnward = hex("45000028 12344000 3e065e37 c0000201 0a000064  9c400050 00000001 00000000 5002ffff abcd0000")
  static let dnsOnward = hex("4500001e 12340000 3e119e35 c0000201 0a000065  9c400035 000aabcd 6869")
  /// The outer header of `dns` from 10.1.0.1 to 10.1.0.9: TTL 64, identification 0, IP in IP.
  static let outer = hex("45000032 00000000 400466bd 0a010001 0a010009")

  static func frame(_ packet: [UInt8], to mac: String = "020000000002") -> [UInt8] { hex(mac + "0200000000c1 0800") + packet }
}

/// A capture in parts.
struct Capture {
  var magic = hex("a1b2c3d4")
  var isBigEndian = true
  var linkType: UInt32 = 1
  var records: [(seconds: UInt32, fraction: UInt32, bytes: [UInt8])] = []

  init(_ records: [(seconds: UInt32, fraction: UInt32, bytes: [UInt8])] = []) { self.records = records }

  /// One packet a second, from 1,700,000,000 on.
  init(_ frames: [UInt8]...) {
    records = frames.enumerated().map { (1_700_000_000 + UInt32($0), 500, $1) }
  }

  var bytes: [UInt8] {
    func word(_ number: UInt32) -> [UInt8] {
      let big = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
      return isBigEndian ? big : big.reversed()
    }
    let version: [UInt8] = isBigEndian ? [0, 2, 0, 4] : [2, 0, 4, 0]
    let header = (isBigEndian ? magic : magic.reversed()) + version + word(0) + word(0) + word(65535) + word(linkType)
    return records.reduce(into: header) { file, record in
      let length = word(UInt32(record.bytes.count))
      file += word(record.seconds) + word(record.fraction) + length + length + record.bytes
    }
  }
}

extension TestTopology {
  /// The topology's text with some lines replaced.
  static func configuration(_ changes: KeyValuePairs<String, String> = [:]) throws -> Configuration {
    let text = changes.reduce(yaml) { $0.replacing($1.key, with: $1.value) }
    return try Configuration(yaml: text, file: "topology.yaml", staticTopology: .everything)
  }

  /// Replays a capture and returns the output.
  static func replay(
    _ capture: [UInt8],
    _ configuration: Configuration? = nil,
    at switches: [ReplaySwitch] = []
  ) throws -> (lines: [ReplayLine], output: [UInt8], summary: ReplaySummary) {
    var run = try ReplayRun(try configuration ?? TestTopology.configuration(), switches: switches)
    var reader = try CaptureReader(capture)
    var output: [UInt8] = []
    var lines: [ReplayLine] = []
    var writer = CaptureWriter(CaptureFormat(isNanosecond: reader.format.isNanosecond)) { output += $0 }
    try run.play(&reader, into: &writer) { lines.append($0) }
    try writer.finish()
    return (lines, output, run.summary)
  }
}
