import Glibc
import KernelCalls

/// A path through the director: a client behind one veth pair, a real server behind another.
final class Wire {
  private let client: Int32
  private let server: Int32
  private let director: [UInt8]
  private let port: UInt16
  /// The Ethernet header of the forwarded frames.
  private let header: [UInt8]

  /// From one far end to the director's MAC address there, and out through slot `egress` to the real server of `TestTopology`
  /// with this last byte.
  init(from client: String, to mac: [UInt8], port: UInt16, arriving server: String, egress: UInt8, server last: UInt8) throws {
    director = mac
    self.port = port
    header = [0x02, 0xaa, 0, 0, 0, last, 0x02, 0xbb, 0, 0, 0, egress, 0x08, 0]
    self.client = kernel_open_frames(client)
    self.server = kernel_open_frames(server)
    try check(self.client >= 0 && self.server >= 0, "packet sockets on \(client) and \(server)")
  }

  deinit {
    close(client)
    close(server)
  }

  /// Sends packets with increasing numbers and expects them on the other side with another Ethernet header, a hop later and otherwise
  /// unchanged.
  func exchange(_ count: Int, from number: Int) throws {
    var expected: Set<[UInt8]> = []
    for index in number..<number + count {
      let frame = TestFrame {
        $0.destinationMAC = director
        $0.sourcePort = UInt16(1024 + index % 50_000)
        $0.port = port
        $0.payload = (0..<(8 + index % 1400)).map { UInt8(truncatingIfNeeded: index &+ $0) }
      }
      expected.insert(hop(frame.packet))
      let bytes = frame.bytes
      try check(send(client, bytes, bytes.count, 0) == bytes.count, "a frame of \(bytes.count) bytes is sent")
    }
    var buffer = [UInt8](repeating: 0, count: 2048)
    // The kernels send frames of their own as well, for neighbour discovery.
    for _ in 0..<count + 100 where !expected.isEmpty {
      let length = recv(server, &buffer, buffer.count, 0)
      try check(length > 0, "\(expected.count) packets from number \(number) on have not arrived after a second")
      if buffer.starts(with: header) { expected.remove(Array(buffer[header.count..<length])) }
    }
    try check(expected.isEmpty, "every packet arrived")
  }
}
