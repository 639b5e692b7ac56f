import Foundation
import Glibc
import KernelCalls
import Model
import Synchronization

/// Sends a client's packets into d0 through its peer s0, and receives what the director forwards.
///
/// Ten packets a millisecond, one to each VIP in turn, which shows a pause of the director to a tenth of a millisecond.
final class BenchTraffic: Sendable {
  private let socket: Int32
  private let isSending = Atomic<Bool>(true)
  private let isOver = Atomic<Bool>(false)
  private let sent = Atomic<Int>(0)
  private let received = Atomic<Int>(0)
  /// Arrival time of the last packet to an old MAC address.
  private let lastFormer = Atomic<UInt64>(0)
  private let formerMAC = Atomic<UInt64>(0)
  private let ended = DispatchSemaphore(value: 0)
  private let perMillisecond: Int
  private static let timeout: UInt64 = 60_000_000_000

  init(to vips: [IPAddress], perMillisecond: Int = 10) throws {
    self.perMillisecond = perMillisecond
    socket = kernel_open_frames("s0")
    guard socket >= 0 else { throw BenchDaemon.Failure(description: "can't open s0: \(String(cString: strerror(-socket)))") }
    let frames = vips.enumerated().map { Self.frame(to: $1, port: UInt16(2000 + $0)) }
    Thread.detachNewThread { self.send(frames) }
    Thread.detachNewThread { self.receive() }
  }

  /// Waits for both threads, and for packets still in transit.
  func end() {
    isSending.store(false, ordering: .relaxed)
    ended.wait()
    usleep(200_000)
    isOver.store(true, ordering: .relaxed)
    ended.wait()
    close(socket)
  }

  func forget() { received.store(0, ordering: .relaxed) }

  func waitForPacket() throws {
    let start = monotonicNanoseconds()
    while received.load(ordering: .relaxed) == 0 {
      guard monotonicNanoseconds() - start < Self.timeout else {
        throw BenchDaemon.Failure(description: "no packet is forwarded")
      }
      usleep(200)
    }
  }

  var counts: (sent: Int, received: Int) { (sent.load(ordering: .relaxed), received.load(ordering: .relaxed)) }

  /// From now on, packets to the MAC address with these last six bytes are recorded.
  func watch(former mac: UInt64) { formerMAC.store(mac, ordering: .relaxed) }
  var lastToFormer: UInt64 { lastFormer.load(ordering: .relaxed) }

  private func send(_ frames: [[UInt8]]) {
    var next = 0
    while isSending.load(ordering: .relaxed) {
      for _ in 0..<perMillisecond {
        if write(socket, frames[next], frames[next].count) > 0 { sent.add(1, ordering: .relaxed) }
        next = (next + 1) % frames.count
      }
      usleep(1000)
    }
    ended.signal()
  }

  private func receive() {
    var frame = [UInt8](repeating: 0, count: 2048)
    while true {
      let length = kernel_receive_frame(socket, &frame, frame.count)
      // The receive ends after a second without a frame.
      if length < 34 {
        if isOver.load(ordering: .relaxed) { break }
        continue
      }
      // IPv4, and either UDP from a client or IP-in-IP: the kernel itself sends neither.
      guard frame[12] == 8, frame[13] == 0, frame[23] == 17 || frame[23] == 4 else { continue }
      received.add(1, ordering: .relaxed)
      let mac = frame[0..<6].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      if mac == formerMAC.load(ordering: .relaxed) { lastFormer.store(monotonicNanoseconds(), ordering: .relaxed) }
      if isOver.load(ordering: .relaxed) { break }
    }
    ended.signal()
  }

  private static func frame(to vip: IPAddress, port: UInt16) -> [UInt8] {
    var packet: [UInt8] =
      [0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 9]
      + [UInt8]("\(vip)".split(separator: ".").compactMap { UInt8($0) })
    var sum = stride(from: 0, to: 20, by: 2).reduce(UInt32(0)) { $0 + UInt32(packet[$1]) << 8 + UInt32(packet[$1 + 1]) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    packet[10] = UInt8(~sum >> 8 & 255)
    packet[11] = UInt8(~sum & 255)
    let datagram: [UInt8] = [UInt8(port >> 8), UInt8(port & 255), 0, 53, 0, 8, 0, 0]
    return BenchNamespace.d0 + BenchNamespace.s0 + [8, 0] + packet + datagram + [UInt8](repeating: 0, count: 18)
  }
}
