import Foundation
import Glibc

/// A frame on the wire.
struct CapturedFrame {
  let bytes: [UInt8]

  var destination: [UInt8] { Array(bytes[0..<6]) }
  var source: [UInt8] { Array(bytes[6..<12]) }
  /// The EtherType and everything after it.
  var pastAddresses: [UInt8] { Array(bytes[12...]) }
  /// The packet from the IPv4 header on, without Ethernet padding.
  var packet: [UInt8] { Array(bytes[14..<min(bytes.count, 14 + word(16))]) }
  /// Two bytes at an offset into the frame, network order.
  func word(_ offset: Int) -> Int { Lab.word(bytes, offset) }
}

/// tcpdump on one interface of one host.
struct Capture {
  let running: Running
  let file: String

  /// Stops, and returns the frames in order.
  func frames() throws -> [CapturedFrame] { try stopped().map(\.frame) }

  /// Stops, and returns when each frame was captured, in seconds.
  func times() throws -> [Double] { try stopped().map(\.time) }

  private func stopped() throws -> [(time: Double, frame: CapturedFrame)] {
    // Before it ends, tcpdump reads what the kernel still holds, but only what has arrived: wait for the last packet.
    usleep(200_000)
    running.signal(SIGINT)
    try running.wait(within: 5)
    return try Self.read(Data(contentsOf: URL(filePath: file)))
  }

  /// The classic file format (draft-ietf-opsawg-pcap): a header of 24 bytes, then 16 before each frame, in this machine's byte order.
  private static func read(_ data: Data) throws -> [(time: Double, frame: CapturedFrame)] {
    let bytes = [UInt8](data)
    func number(_ at: Int) -> Int { bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) } }
    guard bytes.count >= 24, number(0) == 0xa1b2_c3d4 else { throw LabFailure("tcpdump wrote no capture file") }
    var frames: [(time: Double, frame: CapturedFrame)] = []
    var at = 24
    while at + 16 <= bytes.count, at + 16 + number(at + 8) <= bytes.count {
      let length = number(at + 8)
      let time = Double(number(at)) + Double(number(at + 4)) / 1e6
      frames.append((time, CapturedFrame(bytes: Array(bytes[at + 16..<at + 16 + length]))))
      at += 16 + length
    }
    return frames
  }
}

extension [CapturedFrame] {
  /// The frames after their MAC addresses, sorted: two captures on two CPUs may disagree about the order.
  var contents: [[UInt8]] { map(\.pastAddresses).sorted { $0.lexicographicallyPrecedes($1) } }

  /// The same a hop later: TTL or hop limit less one, the IPv4 header checksum computed anew.
  var onwardContents: [[UInt8]] { map(\.onward).contents }
}

extension Laboratory {
  /// Starts a capture; when this returns, the kernel already records.
  func capture(_ host: Host, device: String = "eth0", _ filter: String, direction: String = "inout") throws -> Capture {
    let file = "\(folder)/\(host.rawValue)-\(device)-\(UUID().uuidString).pcap"
    let running = try start(
      host,
      [
        "tcpdump", "-i", device, "-Q", direction, "-w", file, "-U", "--immediate-mode", "-s", "0", "-B", "16384", "-Z", "root",
        filter,
      ]
    )
    guard try holds(within: 5, { running.errors.contains("listening on") }) else {
      throw LabFailure("tcpdump does not listen: \(running.errors)")
    }
    return Capture(running: running, file: file)
  }
}

/// Two bytes of a packet, network order.
func word(_ packet: [UInt8], _ offset: Int) -> Int {
  Int(packet[offset]) << 8 | Int(packet[offset + 1])
}

extension CapturedFrame {
  fileprivate var onward: CapturedFrame {
    var bytes = bytes
    let isIPv6 = bytes[14] >> 4 == 6
    bytes[isIPv6 ? 21 : 22] -= 1
    guard !isIPv6 else { return CapturedFrame(bytes: bytes) }
    let header = 14..<(14 + Int(bytes[14] & 15) * 4)
    bytes[24] = 0
    bytes[25] = 0
    var sum = stride(from: header.lowerBound, to: header.upperBound, by: 2).reduce(0) { $0 + Lab.word(bytes, $1) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    bytes[24] = UInt8(~sum >> 8 & 0xff)
    bytes[25] = UInt8(~sum & 0xff)
    return CapturedFrame(bytes: bytes)
  }
}
