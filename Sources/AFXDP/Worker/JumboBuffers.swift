import Forwarding

/// Linear memory for frames longer than a chunk. The kernel hands one over in several descriptors (XDP_PKT_CONTD of linux/if_xdp.h); the worker
/// copies it together, forwards it like any frame, and copies it into chunks again to send it.
///
/// Two copies of each long frame keep the forwarder free of frames in pieces. The rejected choice is to forward by the first chunk alone: but
/// fragmentation, checksums and ICMP quotes read all of a packet.
///
/// Without an interface of that MTU there are none, and the worker takes no frame in pieces.
struct JumboBuffers: ~Copyable {
  /// Bytes of each, the headroom included.
  static var size: Int {
    @inline(__always) @_noLocks get { 16_384 }
  }
  /// Room for tunnel headers in front of a frame, as the kernel leaves in a chunk.
  static var headroom: Int {
    @inline(__always) @_noLocks get { FrameLimit.headroom }
  }
  /// Descriptors of the longest frame.
  static var chunks: Int {
    @inline(__always) @_noLocks get { size / Umem.chunk }
  }

  private let area: UnsafeMutableRawPointer
  private let bytes: Int
  private let free: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private(set) var count: Int

  /// A batch, the frames that may be held, the forwarder's spares, and for each socket a frame whose last descriptors are still to come:
  /// there is always one for the next frame.
  static func count(sockets: Int) -> Int { Forwarder.batch + HoldQueue.capacity + OutputFragments.capacity + sockets }

  init(count: Int) {
    bytes = count * Self.size
    area = .allocate(byteCount: max(bytes, 1), alignment: 64)
    free = .allocate(capacity: max(count, 1))
    for index in 0..<count { (free + index).initialize(to: area + index * Self.size) }
    self.count = count
  }

  deinit {
    area.deallocate()
    free.deallocate()
  }

  /// Whether the worker takes frames in pieces.
  var isOn: Bool {
    @inline(__always) @_noLocks get { bytes != 0 }
  }

  /// Whether a frame lies here, not in the UMEM.
  @inline(__always) @_noLocks
  func hold(_ frame: UnsafeMutableRawPointer) -> Bool {
    UInt(bitPattern: frame) &- UInt(bitPattern: area) < UInt(bitPattern: bytes)
  }

  /// - Precondition: `count > 0`.
  @inline(__always) @_noLocks
  mutating func take() -> UnsafeMutableRawPointer {
    count &-= 1
    return free[count]
  }

  /// - Parameter frame: any address within the buffer.
  @inline(__always) @_noLocks
  mutating func giveBack(_ frame: UnsafeMutableRawPointer) {
    let offset = UInt(bitPattern: frame) &- UInt(bitPattern: area)
    free[count] = area + Int(bitPattern: offset & ~UInt(bitPattern: Self.size &- 1))
    count &+= 1
  }
}
