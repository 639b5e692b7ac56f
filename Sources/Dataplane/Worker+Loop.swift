import CTables
import CXDP
import Forwarding

/// The worker's loop. Start reading here: a frame comes in by a receive ring, `Forwarder.process` decides and rewrites it, it goes out by a
/// transmit ring of the server's side, and comes back through that socket's completion ring to the pool, from which fill rings are fed.
extension Worker {
  /// Rounds without a frame before the worker sleeps in poll: a few cost less than a wake-up under load, many would burn an idle CPU.
  private static var idleRounds: Int {
    @inline(__always) @_noLocks get { 32 }
  }

  /// Until told to stop.
  @_noLocks
  mutating func run() {
    fillAll()
    var idle = 0
    while sluice_load_acquire(stop) == 0 {
      idle = round() == 0 ? idle &+ 1 : 0
      if idle >= Self.idleRounds {
        wait()
        idle = 0
      }
    }
  }

  /// Once over all sockets; how many frames came in.
  @inline(__always) @_noLocks
  mutating func round() -> Int {
    var received = 0
    var index = 0
    while index < portCount {
      reclaim(index)
      received &+= receive(index)
      refill(index)
      index &+= 1
    }
    index = 0
    while index < portCount {
      send(index)
      index &+= 1
    }
    return received
  }

  /// A batch from one socket: received, decided, put into transmit rings. The tables are taken once, within one epoch.
  @inline(__always) @_noLocks
  private mutating func receive(_ index: Int) -> Int {
    let socket = ports[index].socket
    var at: UInt32 = 0
    let count = Int(rings_receive(socket, UInt32(truncatingIfNeeded: Self.batch), &at))
    guard count != 0 else { return 0 }
    var position = 0
    while position < count {
      let entry = at &+ UInt32(truncatingIfNeeded: position)
      let address = rings_received_address(socket, entry)
      let headroom = address & UInt64(truncatingIfNeeded: Umem.chunk &- 1)
      frames[position] = Frame(
        bytes: umem + Int(truncatingIfNeeded: address), length: Int(rings_received_length(socket, entry)),
        headroom: Int(truncatingIfNeeded: headroom), interface: ports[index].slot)
      position &+= 1
    }

    sluice_enter_batch(epoch)
    forwarder.process(frames, count: count, tables.inForce(), now: rings_now(), into: verdicts)
    sluice_leave_batch(epoch)

    position = 0
    while position < count {
      carryOut(position)
      position &+= 1
    }
    rings_release_received(socket, UInt32(truncatingIfNeeded: count))
    return count
  }

  /// Puts a frame into its egress interface's transmit ring, or back into the pool. A full ring drops, counted: waiting would stop every flow
  /// for the sake of one interface.
  @inline(__always) @_noLocks
  private mutating func carryOut(_ position: Int) {
    let bytes = frames[position].bytes
    let address = UInt64(truncatingIfNeeded: umem.distance(to: bytes))
    guard case .forward = verdicts[position].action else { return pool.giveBack(chunk(of: address)) }
    var index = 0
    let egress = Int(verdicts[position].egress)
    while index < portCount && ports[index].slot != egress { index &+= 1 }
    var at: UInt32 = 0
    guard index < portCount, rings_reserve_transmit(ports[index].socket, &at) == 1 else {
      counters.outcomes[Outcome.forwarded.index] &-= 1
      counters.outcomes[Outcome.droppedTransmitFull.index] &+= 1
      return pool.giveBack(chunk(of: address))
    }
    let start = address &+ UInt64(bitPattern: Int64(verdicts[position].start))
    rings_set_transmit(ports[index].socket, at, start, verdicts[position].length)
    ports[index].pending &+= 1
  }

  /// Submits what was written and asks the kernel to send while it wants to be asked: copy mode sends 32 frames a call.
  @inline(__always) @_noLocks
  private mutating func send(_ index: Int) {
    let socket = ports[index].socket
    if ports[index].pending != 0 {
      rings_submit_transmit(socket, ports[index].pending)
      ports[index].outstanding &+= ports[index].pending
      ports[index].pending = 0
    }
    guard ports[index].outstanding != 0 else { return }
    // Bounded: what a batch of this worker can have written. What is left is asked for in the next round.
    var calls = 0
    while rings_kick_transmit(socket) == -EAGAIN && calls < 4 { calls &+= 1 }
  }

  /// Takes sent frames back into the pool.
  @inline(__always) @_noLocks
  private mutating func reclaim(_ index: Int) {
    guard ports[index].outstanding != 0 else { return }
    let socket = ports[index].socket
    var at: UInt32 = 0
    let count = rings_complete(socket, UInt32(truncatingIfNeeded: 2 &* Self.batch), &at)
    guard count != 0 else { return }
    var position: UInt32 = 0
    while position < count {
      pool.giveBack(chunk(of: rings_completed_address(socket, at &+ position)))
      position &+= 1
    }
    rings_release_completed(socket, count)
    ports[index].outstanding &-= count
  }

  /// Keeps the fill ring full: an empty one looks to the sender like loss.
  @inline(__always) @_noLocks
  private mutating func refill(_ index: Int) {
    let socket = ports[index].socket
    let room = Int(rings_fill_room(socket, UInt32(truncatingIfNeeded: Self.batch)))
    var count = room < pool.count ? room : pool.count
    if count > Self.batch { count = Self.batch }
    guard count != 0 else { return }
    var at: UInt32 = 0
    guard rings_reserve_fill(socket, UInt32(truncatingIfNeeded: count), &at) != 0 else { return }
    var position = 0
    while position < count {
      rings_set_fill(socket, at &+ UInt32(truncatingIfNeeded: position), pool.take())
      position &+= 1
    }
    rings_submit_fill(socket, UInt32(truncatingIfNeeded: count))
    rings_kick_fill(socket)
  }

  @_noLocks
  private mutating func fillAll() {
    var index = 0
    while index < portCount {
      var filled = 0
      while filled < Int(Self.ringSize) {
        refill(index)
        filled &+= Self.batch
      }
      index &+= 1
    }
  }

  /// Sleeps until a frame comes or the bell rings; briefly while frames are still being sent.
  @inline(__always) @_noLocks
  private func wait() {
    var sending = false
    var index = 0
    while index < portCount {
      if ports[index].outstanding != 0 { sending = true }
      index &+= 1
    }
    _ = rings_wait(waits, UInt32(truncatingIfNeeded: portCount &+ 1), busyPoll ? 0 : sending ? 1 : 200)
  }

  /// The chunk a descriptor's address lies in: it may point anywhere within, headroom and prepended headers included.
  @inline(__always) @_noLocks
  private func chunk(of address: UInt64) -> UInt64 { address & ~UInt64(truncatingIfNeeded: Umem.chunk &- 1) }
}
