import Testing

@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler

@Suite struct CaptureReaderTests {
  private static let packets = Capture([
    (seconds: 7, fraction: 999_999, bytes: hex("0102")), (seconds: 8, fraction: 0, bytes: []),
  ])

  private func read(_ bytes: [UInt8]) throws -> [CapturedPacket] {
    var reader = try CaptureReader(bytes)
    var packets: [CapturedPacket] = []
    while let packet = try reader.next() { packets.append(packet) }
    return packets
  }

  @Test(
    "A capture is read in either byte order and resolution",
    arguments: [(true, "a1b2c3d4", false), (false, "a1b2c3d4", false), (true, "a1b23c4d", true), (false, "a1b23c4d", true)]
  )
  func format(isBigEndian: Bool, magic: String, isNanosecond: Bool) throws {
    var capture = Self.packets
    (capture.isBigEndian, capture.magic) = (isBigEndian, hex(magic))
    let reader = try CaptureReader(capture.bytes)
    #expect(reader.format.isNanosecond == isNanosecond)
    #expect(
      try read(capture.bytes) == [
        CapturedPacket(number: 1, time: CaptureTime(seconds: 7, fraction: 999_999), bytes: [1, 2]),
        CapturedPacket(number: 2, time: CaptureTime(seconds: 8, fraction: 0), bytes: []),
      ]
    )
  }

  @Test func `a pipe that delivers single bytes is read like a file`() throws {
    var rest = Self.packets.bytes[...]
    var reader = try CaptureReader { _ in rest.popFirst().map { [$0] } ?? [] }
    #expect(try reader.next()?.bytes == [1, 2])
    #expect(try reader.next()?.bytes == [])
    #expect(try reader.next() == nil)
    #expect(try reader.next() == nil)
  }

  @Test func `a packet cut by the snap length keeps its recorded bytes`() throws {
    let cut = Capture().bytes + hex("00000001 00000000 00000002 000005dc aabb")
    #expect(try read(cut).map(\.bytes) == [[0xaa, 0xbb]])
  }

  /// A file that is not a capture: its bytes, and the error.
  static let wrong: [(String, [UInt8], CaptureError)] = [
    ("empty", [], .notACapture),
    ("text", Array("packet".utf8), .notACapture),
    ("pcapng", hex("0a0d0d0a 1c000000 4d3c2b1a"), .nextGeneration),
    ("a truncated header", Array(Capture().bytes.dropLast()), .cutHeader),
    ("cooked frames of 'any'", linkType(113), .linkType(113)),
    ("frames with a check sequence", linkType(0x2400_0001), .frameCheckSequence),
  ]

  private static func linkType(_ number: UInt32) -> [UInt8] {
    var capture = Capture()
    capture.linkType = number
    return capture.bytes
  }

  @Test("A file that is not a capture of Ethernet frames is refused in one line", arguments: wrong)
  func refusal(what: String, bytes: [UInt8], reason: CaptureError) {
    #expect(throws: reason) { _ = try CaptureReader(bytes) }
    #expect(!reason.description.contains("\n"))
  }

  @Test("A truncated capture returns its packets, then the place where it ends", arguments: [1, 15, 16, 17])
  func cut(bytesLeft: Int) throws {
    let whole = Capture([(seconds: 1, fraction: 0, bytes: [1]), (seconds: 2, fraction: 0, bytes: [2, 3])]).bytes
    var reader = try CaptureReader(Array(whole.dropLast(18 - bytesLeft)))
    #expect(try reader.next()?.bytes == [1])
    #expect(throws: CaptureError.cutPacket(2)) { _ = try reader.next() }
  }

  @Test func `an impossible length ends the capture`() throws {
    var reader = try CaptureReader(Capture().bytes + hex("00000001 00000000 00040001 00040001"))
    #expect(throws: CaptureError.absurdLength(packet: 1, bytes: 262_145)) { _ = try reader.next() }
  }

  @Test("A written capture can be read back", arguments: [false, true])
  func writing(isNanosecond: Bool) throws {
    var file: [UInt8] = []
    var writer = CaptureWriter(CaptureFormat(isNanosecond: isNanosecond)) { file += $0 }
    #expect(try writer.append([1, 2, 3], at: CaptureTime(seconds: .max, fraction: 5)) == 1)
    #expect(try writer.append([UInt8](repeating: 9, count: 1 << 17), at: CaptureTime(seconds: 1, fraction: 0)) == 2)
    try writer.finish()
    #expect(try CaptureReader(file).format == CaptureFormat(isNanosecond: isNanosecond))
    let packets = try read(file)
    #expect(packets.map(\.bytes.count) == [3, 1 << 17])
    #expect(packets.first?.time == CaptureTime(seconds: .max, fraction: 5))
  }
}
