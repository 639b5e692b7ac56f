import Glibc
import KernelCalls

/// Sends frames into d0 through its peer s0 at a steady rate, and receives nothing: answers end in the kernel.
struct HostileSender: ~Copyable {
  private let socket: Int32
  /// Frames of a measurement, made before it starts.
  private let frames: UnsafeMutableRawPointer
  private let capacity: Int
  /// Number of the next random client: no client of an earlier measurement is used again.
  private var next: UInt64 = 0
  private static let stride = 80
  private static let period: UInt64 = 1_000_000

  init(capacity: Int) throws {
    socket = kernel_open_sender("s0")
    guard socket >= 0 else { throw BenchDaemon.Failure(description: "can't open s0: \(String(cString: strerror(-socket)))") }
    self.capacity = capacity
    frames = .allocate(byteCount: capacity * Self.stride, alignment: 64)
    frames.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * Self.stride)
  }

  deinit {
    close(socket)
    frames.deallocate()
  }

  mutating func prepare(_ kind: HostilePacket, count: Int) {
    precondition(count <= capacity)
    for index in 0..<count { kind.write(to: frames + index * Self.stride, next &+ UInt64(index)) }
    next &+= UInt64(count)
  }

  /// Sends the prepared frames, a share each millisecond. Returns how many frames the kernel took.
  func send(_ kind: HostilePacket, count: Int, perSecond: Int) -> Int {
    let start = monotonicNanoseconds()
    var (index, sent) = (0, 0)
    while index < count {
      let elapsed = monotonicNanoseconds() &- start
      // A late sender catches up, but never by more than ten milliseconds at once: the receive rings have 2048 frames.
      let due = min(count, Int(elapsed / Self.period + 1) * perSecond / 1000, index + perSecond / 100)
      if due > index {
        let taken = kernel_send_frames(socket, frames + index * Self.stride, Self.stride, kind.length, UInt32(due - index))
        sent += max(0, Int(taken))
        index = due
      }
      let now = monotonicNanoseconds() &- start
      usleep(UInt32((Self.period - now % Self.period) / 1000))
    }
    return sent
  }
}
