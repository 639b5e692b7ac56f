import ABI
import Packet

/// A frame that a batch made beside those it received.
package struct OutputFragment {
  /// A spare frame's first byte; the verdict's `start` counts from here.
  package let bytes: UnsafeMutableRawPointer
  package let verdict: Verdict
  /// Which frame of the batch it is a part of.
  package let parent: Int

  // Spelled out, since the compiler's own can't carry the attribute.
  @inline(__always) @_noLocks
  init(bytes: UnsafeMutableRawPointer, verdict: Verdict, parent: Int) {
    self.bytes = bytes
    self.verdict = verdict
    self.parent = parent
  }
}

/// Where the fragments of packets go that don't fit their way. The first stays in the frame that was received; each of the others takes a spare one,
/// which the caller has put in before the batch and takes out of the list after it.
///
/// A pool of the forwarder's own was rejected: frames that can be sent are the worker's, in memory the kernel knows.
package struct OutputFragments {
  /// Spares at once: one for each frame of a batch, since what comes in a frame of 2 KiB is cut in two by any way in use. What narrower ways ask for
  /// beyond that in one batch is `droppedNoFrame`.
  package static var capacity: Int {
    @inline(__always) @_noLocks get { 64 }
  }
  /// Before a piece's payload in its frame: Ethernet with two tags, the outer IPv6 header, UDP and GUE or a fragment header are 74 bytes at most.
  static var headroom: Int {
    @inline(__always) @_noLocks get { 96 }
  }

  private let spares: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var spareCount = 0
  private let made: UnsafeMutablePointer<OutputFragment>
  /// OutputFragments made in this batch, in the order of sending: by parent, then by offset.
  package private(set) var count = 0
  /// Bytes of a spare.
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

  /// Spares that the caller may put in.
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

  /// Before a batch: the frames of the one before are the caller's.
  @inline(__always) @_noLocks
  mutating func clear() { count = 0 }

  /// Whether there are frames for so many pieces, each of at most `length` bytes behind its headers. The list holds as many as there can be spares in
  /// a batch.
  @inline(__always) @_noLocks
  func hasRoom(for count: Int, _ length: Int) -> Bool { count <= spareCount && Self.headroom &+ length <= size }

  /// The spare that the next piece is to be written into.
  ///
  /// - Precondition: `hasRoom`.
  var next: UnsafeMutableRawPointer {
    @inline(__always) @_noLocks get { spares[spareCount &- 1] }
  }

  /// Lists what was written into `next`.
  @inline(__always) @_noLocks
  mutating func add(_ verdict: Verdict, of parent: Int) {
    (made + count).initialize(to: OutputFragment(bytes: next, verdict: verdict, parent: parent))
    spareCount &-= 1
    count &+= 1
  }
}
