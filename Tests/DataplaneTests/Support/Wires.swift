import Glibc
import KernelCalls

/// The far ends of both veth pairs: clients on v1, a real server on w1.
final class Wires {
  private let client: Int32
  private let server: Int32
  private let director: [UInt8]

  init(director mac: [UInt8]) throws {
    director = mac
    client = kernel_open_frames("v1")
    server = kernel_open_frames("w1")
    try check(client >= 0 && server >= 0, "packet sockets on v1 and w1")
  }

  deinit {
    close(client)
    close(server)
  }

  /// Sends so many packets, each with a number of its own, and awaits them on the other side: with another Ethernet header, else
  /// as they were.
  func exchange(_ count: Int, from number: Int) throws {
    var expected: Set<[UInt8]> = []
    for index in number..<number + count {
      let frame = TestFrame {
        $0.destinationMAC = director
        $0.sourcePort = UInt16(1024 + index % 50_000)
        $0.payload = (0..<(8 + index % 1400)).map { UInt8(truncatingIfNeeded: index &+ $0) }
      }
      expected.insert(frame.packet)
      let bytes = frame.bytes
      try check(send(client, bytes, bytes.count, 0) == bytes.count, "a frame of \(bytes.count) bytes is sent")
    }
    var buffer = [UInt8](repeating: 0, count: 2048)
    // Other frames on the wire are the kernels' own: neighbour discovery.
    var others = 0
    while !expected.isEmpty, others < 100 {
      let length = recv(server, &buffer, buffer.count, 0)
      try check(length > 0, "\(expected.count) of packets \(number) and up have not come after a second")
      guard Array(buffer[..<14]) == [0x02, 0xaa, 0, 0, 0, 10, 0x02, 0xbb, 0, 0, 0, 1, 0x08, 0],
        expected.remove(Array(buffer[14..<length])) != nil
      else {
        others += 1
        continue
      }
    }
    try check(expected.isEmpty, "every packet came through, among \(others) others")
  }
}
