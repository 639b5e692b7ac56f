/// The frames of one worker's UMEM that no ring holds: a stack, so that the frame used last, still in the cache, is used next.
struct FramePool: ~Copyable {
  private let addresses: UnsafeMutablePointer<UInt64>
  private(set) var count: Int
  private let capacity: Int

  /// Of `frames` chunks of `chunk` bytes all are free but the first `taken`.
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

  /// A frame can't come back that was not taken, so the stack has room; a second return of one would be our bug.
  @inline(__always) @_noLocks
  mutating func giveBack(_ address: UInt64) {
    assert(count < capacity)
    addresses[count] = address
    count &+= 1
  }
}
