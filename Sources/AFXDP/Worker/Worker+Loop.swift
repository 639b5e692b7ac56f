import ABI
import CXDP
import Forwarding

/// The worker's loop. Start reading here: a frame arrives on a receive ring, `Forwarder.process` decides and rewrites it, it leaves through a
/// transmit ring on the server's side, and returns through that socket's completion ring to the pool that feeds the fill rings.
extension Worker {
  /// Rounds without a frame before the worker sleeps in poll. Under load a few idle rounds cost less than a wake-up; many would waste an idle
  /// CPU.
  private static var idleRounds: Int {
    @inline(__always) @_noLocks get { 32 }
  }

  /// Runs until a stop is requested.
  @_noLocks
  mutating func run() {
    fillAll()
    refillSpares()
    var idle = 0
    while sluice_load_acquire(stop) == 0 {
      idle = round() == 0 ? idle &+ 1 : 0
      if idle >= Self.idleRounds {
        // With busy polling the worker never sleeps: the rounds themselves poll the device.
        if !busyPoll { wait() }
        idle = 0
      }
    }
  }

  /// One round over all sockets; returns how many descriptors were received.
  @inline(__always) @_noLocks
  mutating func round() -> Int {
    var received = 0
    var index = 0
    while index < portCount {
      reclaim(index)
      received &+= receive(index)
      index &+= 1
    }
    if forwarder.holding != 0 { release() }
    age(isIdle: received == 0)
    // Filled last, when all returned frames are in the pool, so that no ring runs short of frames that another socket still had.
    index = 0
    while index < portCount {
      refill(index)
      send(index)
      index &+= 1
    }
    return received
  }

  /// Processes a batch from one socket: receive, decide, put into transmit rings. The tables are loaded once, within one epoch.
  @inline(__always) @_noLocks
  private mutating func receive(_ index: Int) -> Int {
    let socket = ports[index].socket
    var at: UInt32 = 0
    let descriptors = Int(rings_receive(socket, UInt32(truncatingIfNeeded: Self.batch), &at))
    guard descriptors != 0 else {
      if busyPoll { rings_poll_device(socket) }
      return 0
    }
    var count = descriptors
    if jumbo.isOn {
      count = gather(index, at: at, descriptors)
    } else {
      var position = 0
      while position < count {
        let entry = at &+ UInt32(truncatingIfNeeded: position)
        let length = rings_received_length(socket, entry)
        place(rings_received_address(socket, entry), length, ports[index].slot, at: position)
        position &+= 1
      }
    }

    refillSpares()
    sluice_enter_batch(epoch)
    forwarder.process(frames, count: count, tables.inForce(), now: rings_now(), into: verdicts)
    sluice_leave_batch(epoch)
    carryOutBatch(count)
    rings_release_received(socket, UInt32(truncatingIfNeeded: descriptors))
    return descriptors
  }

  /// Puts the frame of one descriptor into the batch.
  @inline(__always) @_noLocks
  func place(_ address: UInt64, _ length: UInt32, _ slot: Int, at position: Int) {
    // Field by field: the initializer of another module would be a call for each frame.
    frames[position].bytes = umem + Int(truncatingIfNeeded: address)
    frames[position].length = length
    frames[position].headroom = UInt16(truncatingIfNeeded: address & UInt64(truncatingIfNeeded: Umem.chunk &- 1))
    frames[position].interface = UInt16(truncatingIfNeeded: slot)
    // In copy mode another CPU wrote the frame: from its cache a line takes longer than the few packets that the parser looks ahead.
    sluice_prefetch(frames[position].bytes)
  }

  /// Releases held fragments when their first fragment has arrived, at any worker, or when they time out.
  @inline(__always) @_noLocks
  private mutating func release() {
    refillSpares()
    sluice_enter_batch(epoch)
    let count = forwarder.release(into: frames, tables.inForce(), now: rings_now(), verdicts)
    sluice_leave_batch(epoch)
    carryOutBatch(count)
  }

  /// Ages the buckets that are due, with the tables of one epoch.
  @inline(__always) @_noLocks
  private mutating func age(isIdle: Bool) {
    let now = rings_now()
    guard hand.isDue(now: now) else { return }
    sluice_enter_batch(epoch)
    hand.advance(flows, tables.inForce(), now: now, most: isIdle ? AgeingHand.idleStep : AgeingHand.busyStep, counters)
    sluice_leave_batch(epoch)
  }

  /// Submits what was written and wakes the kernel to send as long as it asks for it: before Linux 6.17 copy mode sends 32 frames for each
  /// call.
  ///
  /// Not while frames are merely being sent: each call would then be a system call without effect in every round, a third of copy mode's
  /// instructions.
  @inline(__always) @_noLocks
  private mutating func send(_ index: Int) {
    let socket = ports[index].socket
    if ports[index].pending != 0 {
      rings_submit_transmit(socket, ports[index].pending)
      ports[index].outstanding &+= ports[index].pending
      ports[index].pending = 0
    }
    // Bounded by what a round can have written: a batch from every socket. The rest is sent in the next round.
    var calls = 2 &* portCount &+ 3
    while calls > 0 && rings_untaken(socket) != 0 && rings_kick_transmit(socket) == -EAGAIN { calls &-= 1 }
  }

  /// Returns sent frames to the pool: all of them, since every socket's batch of a round may have left through this one.
  @inline(__always) @_noLocks
  private mutating func reclaim(_ index: Int) {
    guard ports[index].outstanding != 0 else { return }
    let socket = ports[index].socket
    var at: UInt32 = 0
    let count = rings_complete(socket, Self.ringSize, &at)
    guard count != 0 else { return }
    var position: UInt32 = 0
    while position < count {
      pool.giveBack(chunk(of: rings_completed_address(socket, at &+ position)))
      position &+= 1
    }
    rings_release_completed(socket, count)
    ports[index].outstanding &-= count
  }

  /// Keeps the fill ring full: for the sender an empty one is packet loss. The pool has enough frames (`frames(sockets:)`), except for those
  /// that wait in another socket's receive ring; once these return, the ring is refilled at once.
  @inline(__always) @_noLocks
  private mutating func refill(_ index: Int) {
    let socket = ports[index].socket
    let room = Int(rings_fill_room(socket, Self.ringSize))
    let count = room < pool.count ? room : pool.count
    var at: UInt32 = 0
    if count != 0 && rings_reserve_fill(socket, UInt32(truncatingIfNeeded: count), &at) != 0 {
      var position = 0
      while position < count {
        rings_set_fill(socket, at &+ UInt32(truncatingIfNeeded: position), pool.take())
        position &+= 1
      }
      rings_submit_fill(socket, UInt32(truncatingIfNeeded: count))
    }
    // Also when nothing was added: a driver that ran out of frames may ask for a wake-up only after the ring was filled and checked, and a
    // full ring gives no further occasion while other interfaces keep this worker out of poll.
    rings_kick_fill(socket)
  }

  @_noLocks
  private mutating func fillAll() {
    var index = 0
    while index < portCount {
      refill(index)
      index &+= 1
    }
  }

  /// Sleeps until a frame arrives or the worker is woken; only briefly while frames are being sent or held, since another worker may receive
  /// the first fragment.
  @inline(__always) @_noLocks
  private func wait() {
    var isBusy = forwarder.holding != 0
    var index = 0
    while index < portCount {
      if ports[index].outstanding != 0 { isBusy = true }
      index &+= 1
    }
    _ = rings_wait(waits, UInt32(truncatingIfNeeded: portCount &+ 1), isBusy ? 1 : 200)
  }

  /// The chunk that a descriptor's address lies in: it may point anywhere within, headroom and prepended headers included.
  @inline(__always) @_noLocks
  func chunk(of address: UInt64) -> UInt64 { address & ~UInt64(truncatingIfNeeded: Umem.chunk &- 1) }
}
