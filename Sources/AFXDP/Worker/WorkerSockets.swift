import CXDP
import Forwarding
import Glibc

/// The sockets of one worker: queue `number` of every interface, over one UMEM.
struct WorkerSockets: ~Copyable {
  let umem: Umem
  let sockets: [(slot: Int, socket: UnsafeMutablePointer<sluice_socket>)]
  let notes: [String]

  static func open(
    _ number: Int,
    _ interfaces: [AttachedInterface],
    _ options: EngineOptions
  ) throws(EngineFailure) -> WorkerSockets {
    var umem = try Umem(frames: Worker.frames(sockets: interfaces.count), hugePages: options.hugePages)
    var sockets: [(slot: Int, socket: UnsafeMutablePointer<sluice_socket>)] = []
    var notes: [String] = []
    do throws(EngineFailure) {
      for interface in interfaces {
        guard let socket = sockets_make() else { throw EngineFailure("no memory for a socket of \(interface.name)") }
        sockets.append((interface.slot, socket))
        if umem.handle == nil { try umem.register(first: socket, ring: Worker.ringSize) }
        try bind(socket, interface, number, umem.handle, options)
        if number == 0, let note = note(socket, interface, options) { notes.append(note) }
      }
    } catch {
      for (_, socket) in sockets { sockets_close(socket) }
      throw error
    }
    if number == 0, options.hugePages == .auto, !umem.isHuge {
      notes.append("packet buffers use normal pages, since no huge pages are free (`sysctl vm.nr_hugepages=N` reserves them)")
    }
    return WorkerSockets(umem: umem, sockets: sockets, notes: notes)
  }

  private static func bind(
    _ socket: UnsafeMutablePointer<sluice_socket>,
    _ interface: AttachedInterface,
    _ queue: Int,
    _ umem: OpaquePointer?,
    _ options: EngineOptions
  ) throws(EngineFailure) {
    let flags: Int32 =
      switch options.copy {
      case .auto: 0
      case .copy: XDP_COPY
      case .zeroCopy: XDP_ZEROCOPY
      }
    // The kernel frees a killed daemon's queue a moment after its exit: EBUSY until then. Bounded: one second.
    var error: Int32 = 0
    for _ in 0..<50 {
      error = sockets_bind(socket, interface.name, UInt32(queue), umem, Worker.ringSize, UInt16(flags))
      guard error == -EBUSY else { break }
      usleep(20_000)
    }
    switch error {
    case 0: break
    case -EBUSY:
      throw EngineFailure("queue \(queue) of \(interface.name) has another AF_XDP socket: `ss --xdp -p` shows its process")
    case -EPERM:
      throw EngineFailure("no permission to create AF_XDP sockets: run as root, or with CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF")
    case -EOPNOTSUPP where options.copy == .zeroCopy, -EINVAL where options.copy == .zeroCopy:
      throw EngineFailure("\(interface.name) does not support zero-copy: set director.copy: auto or copy")
    default:
      throw EngineFailure("can't bind an AF_XDP socket to queue \(queue) of \(interface.name): \(EngineFailure.words(error))")
    }
    guard options.busyPoll > 0 else { return }
    let refused = sockets_prefer_busy_poll(socket, UInt32(options.busyPoll), 64)
    guard refused == 0 else {
      throw EngineFailure(
        "can't enable busy polling on \(interface.name): \(EngineFailure.words(refused)); set director.busy-poll: 0"
      )
    }
  }

  private static func note(
    _ socket: UnsafeMutablePointer<sluice_socket>,
    _ interface: AttachedInterface,
    _ options: EngineOptions
  ) -> String? {
    guard options.copy == .auto, sockets_is_zero_copy(socket) == 0 else { return nil }
    return "\(interface.name): copy mode, since its driver does not support zero-copy AF_XDP; every frame is copied twice"
  }
}
