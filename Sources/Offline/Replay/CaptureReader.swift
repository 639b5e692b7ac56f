import Configuration
import Model
import Reconciler

/// A packet of a capture.
package struct CapturedPacket: Equatable, Sendable {
  /// From 1.
  package var number: Int
  package var time: CaptureTime
  /// The recorded bytes; the snap length may have cut the frame.
  package var bytes: [UInt8]
}

/// Reads the packets of a classic pcap file from any source of bytes: a file, a pipe, an array in tests.
// Not by libpcap: a C library for 40 lines of format, and it can't read from memory.
package struct CaptureReader: ~Copyable {
  package let format: CaptureFormat
  private let source: (Int) throws -> [UInt8]
  private var buffer: [UInt8] = []
  private var position = 0
  private var packets = 0

  /// - Parameter source: returns the next bytes, at most as many as asked for; none at the end.
  /// - Throws: `CaptureError`, or what `source` throws.
  package init(_ source: @escaping (Int) throws -> [UInt8]) throws {
    self.source = source
    var header: [UInt8] = []
    while header.count < CaptureFormat.length {
      let more = try source(CaptureFormat.length - header.count)
      if more.isEmpty { break }
      header += more
    }
    format = try CaptureFormat(header[...])
  }

  package init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    try self.init { count in
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
  }

  /// The next packet; nil at the end.
  package mutating func next() throws -> CapturedPacket? {
    guard try have(1) else { return nil }
    let number = packets + 1
    guard try have(CaptureFormat.recordLength) else { throw CaptureError.cutPacket(number) }
    let header = buffer[position..<(position + CaptureFormat.recordLength)]
    let words = (0..<3).map { header.word($0 * 4, isSwapped: format.isSwapped) }
    guard words[2] <= UInt32(CaptureFormat.packetLimit) else {
      throw CaptureError.absurdLength(packet: number, bytes: words[2])
    }
    let length = Int(words[2])
    guard try have(CaptureFormat.recordLength + length) else { throw CaptureError.cutPacket(number) }
    let start = position + CaptureFormat.recordLength
    position = start + length
    packets = number
    let time = CaptureTime(seconds: words[0], fraction: words[1])
    return CapturedPacket(number: number, time: time, bytes: Array(buffer[start..<position]))
  }

  /// Reads until `count` bytes are available from `position` on; false at the end of the file.
  private mutating func have(_ count: Int) throws -> Bool {
    guard buffer.count - position < count else { return true }
    buffer.removeFirst(position)
    position = 0
    while buffer.count < count {
      let more = try source(max(count - buffer.count, 1 << 16))
      if more.isEmpty { return false }
      buffer += more
    }
    return true
  }
}
