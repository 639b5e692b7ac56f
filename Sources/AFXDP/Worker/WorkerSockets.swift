import CXDP
import Forwarding
import Glibc
import Model

/// The sockets of one worker: queue `number` of every interface, over one UMEM.
struct WorkerSockets: ~Copyable {
  let umem: Umem
  let sockets: [(slot: Int, socket: UnsafeMutablePointer<sluice_socket>)]
  private(set) var notes: [String] = []

  /// Opens all in zero-copy mode, otherwise all in copy mode: sockets of one UMEM follow its first one (xp_assign_dev_shared of
  /// net/xdp/xsk_buff_pool.c). Each mode is asked for by name, since without one the kernel chooses and does not say why.
  static func open(
    _ number: Int,
    _ interfaces: [AttachedInterface],
    _ options: EngineOptions,
    takesJumbo: Bool
  ) throws(EngineFailure) -> WorkerSockets {
    let parts = takesJumbo ? XDP_USE_SG : 0
    if options.copy == .copy { return try WorkerSockets(number, interfaces, options, flags: XDP_COPY | parts) }
    // The kernel would bind, but igb and others then receive in this mode and send nothing (igb_xsk_wakeup refuses without a native program).
    if let generic = interfaces.first(where: { !$0.isNative }) {
      guard options.copy != .zeroCopy else {
        throw EngineFailure(
          "zero-copy needs native XDP, but \(generic.name) has generic XDP: set director.copy: auto, or director.mode: native"
        )
      }
      return try WorkerSockets(number, interfaces, options, flags: XDP_COPY | parts)
    }
    do throws(EngineFailure) {
      return try WorkerSockets(number, interfaces, options, flags: XDP_ZEROCOPY | parts)
    } catch {
      guard let refusal = error.refusesZeroCopy else { throw error }
      if options.copy == .zeroCopy { throw EngineFailure("\(refusal): set director.copy: auto or copy") }
      var copying = try WorkerSockets(number, interfaces, options, flags: XDP_COPY | parts)
      // The same for every worker, so said once.
      let place = interfaces.count > 1 ? " on all interfaces" : ""
      if number == 0 { copying.notes.append("copy mode\(place), every frame is copied twice, since \(refusal)") }
      return copying
    }
  }

  private init(_ number: Int, _ interfaces: [AttachedInterface], _ options: EngineOptions, flags: Int32) throws(EngineFailure) {
    var umem = try Umem(frames: Worker.frames(sockets: interfaces.count), hugePages: options.hugePages)
    var sockets: [(slot: Int, socket: UnsafeMutablePointer<sluice_socket>)] = []
    do throws(EngineFailure) {
      for interface in interfaces {
        guard let socket = sockets_make() else { throw EngineFailure("no memory for a socket of \(interface.name)") }
        sockets.append((interface.slot, socket))
        if umem.handle == nil { try umem.register(first: socket, ring: Worker.ringSize) }
        try Self.bind(socket, interface, number, umem.handle, flags)
        try Self.preferBusyPoll(socket, interface, options.busyPoll)
      }
    } catch {
      for (_, socket) in sockets { sockets_close(socket) }
      throw error
    }
    if number == 0, options.hugePages == .auto, !umem.isHuge {
      notes = ["packet buffers use normal pages, since no huge pages are free (`sysctl vm.nr_hugepages=N` reserves them)"]
    }
    self.umem = umem
    self.sockets = sockets
  }

  private static func bind(
    _ socket: UnsafeMutablePointer<sluice_socket>,
    _ interface: AttachedInterface,
    _ queue: Int,
    _ umem: OpaquePointer?,
    _ flags: Int32
  ) throws(EngineFailure) {
    // The kernel frees a killed daemon's queue a moment after its exit: EBUSY until then. Bounded: one second.
    var error: Int32 = 0
    for _ in 0..<50 {
      error = sockets_bind(socket, interface.name, UInt32(queue), umem, Worker.ringSize, UInt16(flags))
      guard error == -EBUSY else { break }
      usleep(20_000)
    }
    switch error {
    case 0: return
    case -EBUSY:
      throw EngineFailure("queue \(queue) of \(interface.name) has another AF_XDP socket: `ss --xdp -p` shows its process")
    case -EPERM:
      throw EngineFailure.noPermission("bind an AF_XDP socket to \(interface.name)")
    case -ENETDOWN: throw EngineFailure("\(interface.name) is down: `ip link set \(interface.name) up`")
    case -EINVAL where flags & XDP_USE_SG != 0 && flags & XDP_ZEROCOPY == 0:
      throw EngineFailure(
        "this kernel's sockets take no frames in several buffers, which an MTU over \(FrameLimit.mtu) needs (Linux 6.6 has them): "
          + "`ip link set \(interface.name) mtu \(FrameLimit.mtu)`, for every interface with more"
      )
    case -EMFILE: throw EngineFailure("too many open files for a socket of \(interface.name): raise `ulimit -n`")
    default: break
    }
    let reason = EngineFailure.words(error)
    var failure = EngineFailure("can't bind an AF_XDP socket to queue \(queue) of \(interface.name): \(reason)")
    if flags & XDP_ZEROCOPY != 0 {
      failure.refusesZeroCopy = "\(interface.name) refuses zero-copy (\(reason), MTU \(interface.mtu))"
    }
    throw failure
  }

  private static func preferBusyPoll(
    _ socket: UnsafeMutablePointer<sluice_socket>,
    _ interface: AttachedInterface,
    _ microseconds: Int
  ) throws(EngineFailure) {
    guard microseconds > 0 else { return }
    let refused = sockets_prefer_busy_poll(socket, UInt32(microseconds), 64)
    guard refused == 0 else {
      throw EngineFailure(
        "can't enable busy polling on \(interface.name): \(EngineFailure.words(refused)); set director.busy-poll: 0"
      )
    }
  }
}
