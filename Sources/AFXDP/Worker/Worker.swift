import ABI
import CXDP
import Forwarding

/// One worker: queue q of every attached interface, and everything it writes: flow table, counters, frames, rings. Workers share none of it,
/// so nothing is locked; the control thread reads counters, flows and epoch as a snapshot.
///
/// The thread that runs the worker creates, uses and destroys it (see WorkerThread.swift). Raw pointers, no class: no retain in the loop.
struct Worker: ~Copyable {
  /// Descriptors moved at once: the forwarder's batch.
  static var batch: Int {
    @inline(__always) @_noLocks get { 64 }
  }
  /// Entries of each of a socket's rings.
  static var ringSize: UInt32 {
    @inline(__always) @_noLocks get { 2048 }
  }
  /// UMEM frames for all sockets of a worker, for frames that may be held, and for the forwarder's spares.
  static func frames(sockets: Int) -> Int { sockets * framesPerSocket + HoldQueue.capacity + OutputFragments.capacity }

  /// UMEM frames for each socket: one ring to receive into, one ring being sent. More are never being sent (`hasRoom`), so fill rings stay
  /// full whatever happens on the egress side.
  static let framesPerSocket = 2 * Int(ringSize)

  let tables: PublishedTables
  let umem: UnsafeMutableRawPointer
  var pool: FramePool
  var jumbo: JumboBuffers
  var forwarder: Forwarder
  /// Of this worker's flow table.
  let flows: FlowTable
  var hand: AgeingHand
  let counters: Counters
  let epoch: UnsafeMutablePointer<UInt64>
  /// Index into `ports` by interface slot; `portCount` where this worker has no socket.
  let portOfSlot: UnsafeMutablePointer<Int>
  /// The sockets, in turn, with the interface slot of each.
  let ports: UnsafeMutablePointer<Port>
  let portCount: Int
  /// What poll waits for: each socket, then the wake-up descriptor that ends the worker.
  let waits: UnsafeMutablePointer<pollfd>
  /// Set by the control thread, read once a round.
  let stop: UnsafeMutablePointer<UInt32>
  let busyPoll: Bool
  // Scratch memory for a batch, allocated once.
  let frames: UnsafeMutablePointer<Frame>
  let verdicts: UnsafeMutablePointer<Verdict>

  /// A socket in the worker's round.
  struct Port {
    let socket: UnsafeMutablePointer<sluice_socket>
    let slot: Int
    /// Descriptors written to the transmit ring since it was last submitted.
    var pending: UInt32
    /// Frames handed to the kernel for sending and not yet completed.
    var outstanding: UInt32
    /// A frame whose last descriptors are still to come: its buffer, and how much of it is there.
    var gathered: UnsafeMutableRawPointer?
    var gatheredLength = 0
  }

  init(
    _ set: WorkerSet,
    tables: PublishedTables,
    umem: UnsafeMutableRawPointer,
    frames count: Int,
    forwarder: consuming Forwarder
  ) {
    self.tables = tables
    self.umem = umem
    self.forwarder = forwarder
    pool = FramePool(frames: count, taken: Int(Self.ringSize), chunk: Umem.chunk)
    jumbo = JumboBuffers(count: set.takesJumbo ? JumboBuffers.count(sockets: set.sockets.count) : 0)
    counters = set.counters
    flows = set.flows
    hand = AgeingHand(now: rings_now())
    epoch = set.epoch
    stop = set.stop
    busyPoll = set.busyPoll
    portCount = set.sockets.count
    portOfSlot = .allocate(capacity: Int(SLUICE_INTERFACES))
    portOfSlot.initialize(repeating: portCount, count: Int(SLUICE_INTERFACES))
    ports = .allocate(capacity: portCount)
    waits = .allocate(capacity: portCount + 1)
    for (index, (slot, socket)) in set.sockets.enumerated() {
      (ports + index).initialize(to: Port(socket: socket, slot: slot, pending: 0, outstanding: 0))
      (waits + index).initialize(to: pollfd(fd: socket.pointee.descriptor, events: Int16(POLLIN), revents: 0))
      portOfSlot[slot] = index
    }
    (waits + portCount).initialize(to: pollfd(fd: set.wakeDescriptor, events: Int16(POLLIN), revents: 0))
    frames = .allocate(capacity: Self.batch)
    frames.initialize(repeating: Frame(bytes: umem, length: 0, headroom: 0), count: Self.batch)
    verdicts = .allocate(capacity: Self.batch)
    verdicts.initialize(
      repeating: Verdict(action: .drop, outcome: .forwarded, egress: 0, start: 0, length: 0, server: 0),
      count: Self.batch
    )
  }

  deinit {
    portOfSlot.deallocate()
    ports.deallocate()
    waits.deallocate()
    frames.deallocate()
    verdicts.deallocate()
  }
}

/// The parts of a worker: opened by the control thread, then handed to the worker's own.
// Sendable: pointers to memory that outlives the worker, handed over once.
struct WorkerSet: @unchecked Sendable {
  var counters: Counters
  var flows: FlowTable
  /// Whether it holds a previous daemon's flows, which have not been counted yet.
  var hasFormerFlows: Bool
  /// All workers'.
  var peers: PeerFlows
  var fragments: FragmentTables
  var epoch: UnsafeMutablePointer<UInt64>
  var stop: UnsafeMutablePointer<UInt32>
  var wakeDescriptor: Int32
  var busyPoll: Bool
  /// A bit for each interface slot whose frames may have unfinished checksums.
  var unfinishedOn: UInt16
  /// Whether frames may come in several descriptors.
  var takesJumbo: Bool
  var sockets: [(slot: Int, socket: UnsafeMutablePointer<sluice_socket>)]
}
