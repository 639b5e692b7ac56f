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
  func restore(first: Int, flows: Int, flags: UInt8, _ packet: BenchPacket = .tcp) {
    for index in 0..<count {
      frames[index].length = UInt32(packet.write(to: frames[index].bytes, (first &+ index) & (flows &- 1), flags: flags))
    }
  }
}
