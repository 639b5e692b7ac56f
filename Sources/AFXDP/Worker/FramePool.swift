/// The frames of one worker's UMEM that are in no ring: a stack, so that the most recently used frame, still in the cache, is used next.
struct FramePool: ~Copyable {
  private let addresses: UnsafeMutablePointer<UInt64>
  private(set) var count: Int
  private let capacity: Int

  /// All of `frames` chunks of `chunk` bytes are free except the first `taken`.
  init(frames: Int, taken: Int = 0, chunk: Int) {
    addresses = .allocate(capacity: frames)
    addresses.initialize(repeating: 0, count: frames)
    for frame in taken..<frames { addresses[frame - taken] = UInt64(frame * chunk) }
    count = frames - taken
    capacity = frames
  }

  deinit { addresses.deallocate() }

  /// - Precondition: `count > 0`.
  @inline(__always) @_noLocks
  mutating func take() -> UInt64 {
    count &-= 1
    return addresses[count]
  }

  /// Only taken frames return, so the stack has room; returning one twice would be a bug here.
  @inline(__always) @_noLocks
  mutating func giveBack(_ address: UInt64) {
    assert(count < capacity)
    addresses[count] = address
    count &+= 1
  }
}
