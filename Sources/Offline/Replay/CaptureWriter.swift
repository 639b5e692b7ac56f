import Configuration
import Model
import Reconciler

/// Writes a classic pcap file, piece by piece, to anything that takes bytes. The end must be told: `finish`.
package struct CaptureWriter: ~Copyable {
  private let sink: ([UInt8]) throws -> Void
  private var buffer: [UInt8]
  /// Packets written; the last one's number, from 1.
  package private(set) var packets = 0

  package init(_ format: CaptureFormat, _ sink: @escaping ([UInt8]) throws -> Void) {
    self.sink = sink
    buffer = format.header
  }

  /// Returns the packet's number.
  package mutating func append(_ bytes: [UInt8], at time: CaptureTime) throws -> Int {
    let length = native(UInt32(bytes.count))
    buffer += native(time.seconds) + native(time.fraction) + length + length + bytes
    packets += 1
    if buffer.count >= 1 << 16 { try finish() }
    return packets
  }

  /// Hands over what is still here.
  package mutating func finish() throws {
    try sink(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
