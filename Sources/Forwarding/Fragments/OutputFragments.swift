import ABI
import Packet

/// A frame with a further fragment of a packet.
package struct OutputFragment {
  /// The first byte of the spare frame; the verdict's `start` counts from here.
  package let bytes: UnsafeMutableRawPointer
  package let verdict: Verdict
  /// Index of the packet's frame in the batch.
  package let parent: Int

  // Explicit, because the compiler's memberwise init doesn't have the attribute.
  @inline(__always) @_noLocks
  init(bytes: UnsafeMutableRawPointer, verdict: Verdict, parent: Int) {
    self.bytes = bytes
    self.verdict = verdict
    self.parent = parent
  }
}

/// The fragments of oversize packets. The first fragment stays in the received frame; each of the others takes a spare frame. The
/// caller provides spare frames before a batch and takes the used ones from the list after it.
///
/// A frame pool of the forwarder was rejected: frames to be sent must be in the worker's UMEM.
package struct OutputFragments {
  /// Limit of spare frames: one for each frame of a batch, since with usual MTUs the packet of a 2 KiB frame becomes two
  /// fragments. Packets that need more in one batch are `droppedNoFrame`.
  package static var capacity: Int {
    @inline(__always) @_noLocks get { 64 }
  }
  /// Room in front of a fragment's payload: Ethernet with two tags, outer IPv6 header, UDP and GUE or a fragment header take at
  /// most 74 bytes.
  static var headroom: Int {
    @inline(__always) @_noLocks get { 96 }
  }

  private let spares: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var spareCount = 0
  private let made: UnsafeMutablePointer<OutputFragment>
  /// Fragments made in this batch. They are in sending order: by parent, then by offset.
  package private(set) var count = 0
  /// Size of a spare frame.
  private let size: Int

  init(size: Int) {
    spares = .allocate(capacity: Self.capacity)
    made = .allocate(capacity: Self.capacity)
    self.size = size
  }

  func deallocate() {
    spares.deallocate()
    made.deallocate()
  }

  /// Number of spare frames that the caller may add.
  package var wanted: Int {
    @inline(__always) @_noLocks get { Self.capacity &- spareCount }
  }

  /// - Precondition: `wanted > 0`.
  @inline(__always) @_noLocks
  package mutating func put(_ spare: UnsafeMutableRawPointer) {
    assert(spareCount < Self.capacity)
    spares[spareCount] = spare
    spareCount &+= 1
  }

  @inline(__always) @_noLocks
  package func outputFragment(_ index: Int) -> OutputFragment { made[index] }

  /// Called before a batch; the caller owns the frames of the previous one.
  @inline(__always) @_noLocks
  mutating func clear() { count = 0 }

  /// Whether there are enough spare frames for `count` fragments, each with a payload of at most `length` bytes.
  @inline(__always) @_noLocks
  func hasRoom(for count: Int, _ length: Int) -> Bool { count <= spareCount && Self.headroom &+ length <= size }

  /// The spare frame for the next fragment.
  ///
  /// - Precondition: `hasRoom`.
  var next: UnsafeMutableRawPointer {
    @inline(__always) @_noLocks get { spares[spareCount &- 1] }
  }

  /// Adds the fragment that was written to `next`.
  @inline(__always) @_noLocks
  mutating func add(_ verdict: Verdict, of parent: Int) {
    (made + count).initialize(to: OutputFragment(bytes: next, verdict: verdict, parent: parent))
    spareCount &-= 1
    count &+= 1
  }
}
