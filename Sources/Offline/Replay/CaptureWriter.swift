import Configuration
import Model
import Reconciler

/// Writes a classic pcap file to any sink of bytes, buffered. The caller calls `finish` at the end.
package struct CaptureWriter: ~Copyable {
  private let sink: ([UInt8]) throws -> Void
  private var buffer: [UInt8]
  /// Packets written so far.
  package private(set) var packets = 0

  package init(_ format: CaptureFormat, _ sink: @escaping ([UInt8]) throws -> Void) {
    self.sink = sink
    buffer = format.header
  }

  /// Returns the packet's number in the file, from 1.
  package mutating func append(_ bytes: [UInt8], at time: CaptureTime) throws -> Int {
    let length = native(UInt32(bytes.count))
    buffer += native(time.seconds) + native(time.fraction) + length + length + bytes
    packets += 1
    if buffer.count >= 1 << 16 { try finish() }
    return packets
  }

  /// Writes what is still buffered.
  package mutating func finish() throws {
    try sink(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
