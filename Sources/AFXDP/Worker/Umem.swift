import CXDP
import Glibc
import Model

/// The packet memory of one worker, shared by its sockets on every interface: a frame leaves through another interface without a copy.
struct Umem: ~Copyable {
  /// The largest that the kernel allows. Not 2 KiB, although frames of 1,500 bytes would fit: igb in zero-copy mode takes off the headroom,
  /// rounds down to a buffer of 1 KiB, and receives the rest of a longer frame as a frame of its own. The forwarder is as fast with either
  /// (Docs/benchmarks.md).
  static var chunk: Int {
    @inline(__always) @_noLocks get { 4096 }
  }

  let area: UnsafeMutableRawPointer
  let bytes: Int
  let frames: Int
  let isHuge: Bool
  /// libxdp's handle; nil until the first socket registers it.
  private(set) var handle: OpaquePointer?

  init(frames: Int, hugePages: HugePages) throws(EngineFailure) {
    // Huge pages have 2 MiB; the number of chunks is rounded to fill them.
    let page = 2 << 20
    bytes = (frames * Self.chunk + page - 1) / page * page
    var huge: Int32 = hugePages == .off ? 0 : 1
    var error: Int32 = 0
    guard let area = sockets_make_area(bytes, &huge, &error) else {
      throw EngineFailure("no memory for \(bytes >> 20) MiB of packet buffers: \(EngineFailure.words(error))")
    }
    if hugePages == .on && huge == 0 {
      sockets_free_area(area, bytes)
      throw EngineFailure(
        "huge-pages: on, but \(bytes >> 21) huge pages are not free: reserve them with `sysctl vm.nr_hugepages=N`, or set huge-pages: auto"
      )
    }
    self.area = area
    self.frames = frames
    isHuge = huge != 0
  }

  /// Registers the area; `first` lends its fill and completion rings and must be the first socket bound.
  mutating func register(first: UnsafeMutablePointer<sluice_socket>, ring: UInt32) throws(EngineFailure) {
    var handle: OpaquePointer?
    let error = sockets_register(&handle, area, bytes, UInt32(Self.chunk), ring, first)
    guard error == 0, let handle else {
      if error == -EPERM {
        throw EngineFailure.noPermission("create AF_XDP sockets")
      }
      if error == -EMFILE { throw EngineFailure("too many open files for AF_XDP sockets: raise `ulimit -n`") }
      throw EngineFailure(
        "the kernel refuses \(bytes >> 20) MiB of packet buffers: \(EngineFailure.words(error)); raise `ulimit -l`, or add CAP_IPC_LOCK"
      )
    }
    self.handle = handle
    // Before bind: igb in zero-copy mode receives nothing from a ring filled later. Other sockets' rings come into being within
    // bind.
    var at: UInt32 = 0
    _ = rings_reserve_fill(first, ring, &at)
    for frame in 0..<ring { rings_set_fill(first, at &+ frame, UInt64(frame) * UInt64(Self.chunk)) }
    rings_submit_fill(first, ring)
  }

  deinit {
    if let handle { _ = sockets_unregister(handle) }
    sockets_free_area(area, bytes)
  }
}
