import Forwarding
import Glibc

/// Frames as in a worker's UMEM: one in each 4 KiB chunk, behind 256 bytes of headroom.
struct FrameArena: ~Copyable {
  static let chunk = 4096
  static let headroom = 256
  /// 64 bytes on the wire without the 4 bytes of FCS, which a worker doesn't see.
  static let frameLength = 60

  let count: Int
  private let memory: UnsafeMutableRawPointer
  private let bytes: Int
  /// Passed to the forwarder in batches of 64.
  let frames: UnsafeMutablePointer<Frame>

  init(count: Int) throws {
    self.count = count
    bytes = count * Self.chunk
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else { throw BenchFailure.noMemory(bytes: bytes) }
    // Huge pages, like the UMEM, if the kernel has free ones.
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

  /// All bytes that processing may write: the frames and the headers in front of them.
  var written: [UInt8] {
    (0..<count).flatMap { Array(UnsafeRawBufferPointer(start: frames[$0].bytes - 64, count: 64 + Self.frameLength)) }
  }

  /// Writes all frames again, because processing a rewritten frame would be other work. Frame n belongs to flow `first` + n
  /// modulo `flows`.
  func restore(first: Int, flows: Int, flags: UInt8, _ packet: BenchPacket = .tcp) {
    for index in 0..<count {
      frames[index].length = UInt32(packet.write(to: frames[index].bytes, (first &+ index) & (flows &- 1), flags: flags))
    }
  }
}
