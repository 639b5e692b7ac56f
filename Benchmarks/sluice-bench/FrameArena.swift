import Forwarding
import Glibc

/// Frames as a worker finds them in its UMEM: one in each 2 KiB chunk, 256 bytes in.
struct FrameArena: ~Copyable {
  static let chunk = 2048
  static let headroom = 256
  /// 64 bytes on the wire, 4 of them the FCS, which no worker sees.
  static let frameLength = 60

  let count: Int
  private let memory: UnsafeMutableRawPointer
  private let bytes: Int
  /// Handed to the forwarder as they are; 64 of them are a batch.
  let frames: UnsafeMutablePointer<Frame>

  init(count: Int) throws {
    self.count = count
    bytes = count * Self.chunk
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else { throw BenchFailure.noMemory(bytes: bytes) }
    // As the UMEM is, where the kernel has huge pages to give. Refused, 4 KiB pages do.
    _ = madvise(memory, bytes, MADV_HUGEPAGE)
    self.memory = memory
    frames = .allocate(capacity: count)
    for index in 0..<count {
      let start = memory + index * Self.chunk + Self.headroom
      (frames + index).initialize(to: Frame(bytes: start, length: Self.frameLength, headroom: Self.headroom))
    }
  }

  deinit {
    munmap(memory, bytes)
    frames.deallocate()
  }

  /// Every byte that processing can have written: the frames and the headers in front of them.
  var written: [UInt8] {
    (0..<count).flatMap { Array(UnsafeRawBufferPointer(start: frames[$0].bytes - 64, count: 64 + Self.frameLength)) }
  }

  /// Writes each frame anew, at the place it had: a rewritten frame would not be the same work again. The n-th is of flow `first` + n,
  /// modulo `flows`.
  func restore(first: Int, flows: Int, flags: UInt8) {
    for index in 0..<count { Self.write(to: frames[index].bytes, flow: (first &+ index) & (flows &- 1), flags: flags) }
  }

  /// A TCP packet without payload from the flow's client to the flow's virtual service.
  @inline(__always)
  private static func write(to frame: UnsafeMutableRawPointer, flow: Int, flags: UInt8) {
    // Neighbouring flows are of unlike services, in no order that a cache could learn.
    let service = UInt32(truncatingIfNeeded: Maglev.mix(UInt64(flow)) & UInt64(Scenario.services - 1))
    let source = 0x6400_0000 &+ UInt32(truncatingIfNeeded: flow &>> 10)  // 100.0.0.0 and up
    let destination = 0x0a00_0000 &+ 100 &+ service
    frame.setRaw64(0, 0x0200_c100_0000_0002)
    frame.setRaw32(8, 0x0100_0000)
    frame.set16(12, 0x0800)
    frame.set16(14, 0x4500)
    frame.set16(16, 40)
    frame.set16(18, 0)
    frame.set16(20, 0x4000)
    frame.set16(22, 0x4006)
    frame.setRaw16(24, 0)
    frame.setRaw32(26, source.bigEndian)
    frame.setRaw32(30, destination.bigEndian)
    var sum =
      0x4500 &+ 40 &+ 0x4000 &+ 0x4006 &+ (source &>> 16) &+ (source & 0xffff) &+ (destination &>> 16) &+ (destination & 0xffff)
    sum = (sum & 0xffff) &+ (sum &>> 16)
    sum = (sum & 0xffff) &+ (sum &>> 16)
    frame.set16(24, UInt16(truncatingIfNeeded: ~sum))
    frame.set16(34, UInt16(truncatingIfNeeded: 1024 &+ (flow & 1023)))
    frame.set16(36, 80)
    frame.setRaw64(38, 1)
    frame.set16(46, 0x5000 | UInt16(flags))
    frame.setRaw64(48, 0xffff)
    frame.setRaw32(56, 0)
  }
}
