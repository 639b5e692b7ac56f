import ABI
import CXDP
import Forwarding

/// Carries out verdicts: frames go into transmit rings, with their further fragments, or back into the pool.
extension Worker {
  /// Carries out a batch's verdicts, then counts them by what became of the frames.
  @inline(__always) @_noLocks
  mutating func carryOutBatch(_ count: Int) {
    if forwarder.outputFragments.pointee.count == 0 {
      var position = 0
      while position < count {
        carryOut(position)
        position &+= 1
      }
    } else {
      carryOutFragments(count)
    }
    forwarder.count(verdicts, count)
  }

  /// Puts a frame into its egress interface's transmit ring, or back into the pool. If the ring is full the frame is dropped and counted:
  /// waiting would stop every flow because of one interface.
  @inline(__always) @_noLocks
  private mutating func carryOut(_ position: Int) {
    let bytes = frames[position].bytes
    switch verdicts[position].action {
    case .forward, .answer: break
    case .hold: return
    case .pass, .drop: return giveBack(bytes)
    }
    guard transmit(bytes, verdicts[position]) else {
      verdicts[position].outcome = .droppedTransmitFull
      return giveBack(bytes)
    }
  }

  /// The same for a batch with fragmented packets: each frame is followed by its fragments. A packet is sent completely or not at all, since
  /// a datagram without one fragment is lost, and it has one outcome.
  @inline(never) @_noLocks
  private mutating func carryOutFragments(_ count: Int) {
    let outputFragments = forwarder.outputFragments
    var position = 0
    var next = 0
    while position < count {
      let first = next
      while next < outputFragments.pointee.count && outputFragments.pointee.outputFragment(next).parent == position { next &+= 1 }
      if next != first && !hasRoomForAll(next &- first &+ 1, verdicts[position]) {
        verdicts[position].action = .drop
        verdicts[position].outcome = .droppedTransmitFull
      }
      carryOut(position)
      var index = first
      while index < next {
        let outputFragment = outputFragments.pointee.outputFragment(index)
        // Not `==`: in release builds `@_noLocks` refuses an enum's synthesized one.
        var isOnItsWay = false
        if case .forwarded = verdicts[position].outcome { isOnItsWay = transmit(outputFragment.bytes, outputFragment.verdict) }
        if !isOnItsWay { giveBack(outputFragment.bytes) }
        index &+= 1
      }
      position &+= 1
    }
  }

  /// Puts a frame into the transmit ring of the verdict's egress; false without room or without a ring.
  @inline(__always) @_noLocks
  private mutating func transmit(_ bytes: UnsafeMutableRawPointer, _ verdict: Verdict) -> Bool {
    if jumbo.hold(bytes) { return transmitJumbo(bytes, verdict) }
    let index = port(of: verdict)
    var at: UInt32 = 0
    guard hasRoom(for: 1, verdict), rings_reserve_transmit(ports[index].socket, &at) == 1 else { return false }
    let address = umem.distance(to: bytes) &+ Int(verdict.start)
    rings_set_transmit(ports[index].socket, at, UInt64(truncatingIfNeeded: address), verdict.length)
    ports[index].pending &+= 1
    return true
  }

  /// Whether this many more frames may be sent through the verdict's egress.
  ///
  /// The limit is one ring of frames that are still in the ring or taken by the kernel and not completed. The ring alone would allow twice
  /// that, and an egress that hangs would then hold the frames of every interface's fill ring: the worker could receive nothing more.
  @inline(__always) @_noLocks
  func hasRoom(for count: Int, _ verdict: Verdict) -> Bool {
    let index = port(of: verdict)
    return index < portCount
      && ports[index].outstanding &+ ports[index].pending &+ UInt32(truncatingIfNeeded: count) <= Self.ringSize
  }

  /// Whether the frames of one packet may all be sent, each of any length.
  @inline(__always) @_noLocks
  private func hasRoomForAll(_ frames: Int, _ verdict: Verdict) -> Bool {
    guard jumbo.isOn else { return hasRoom(for: frames, verdict) }
    let descriptors = frames &* JumboBuffers.chunks
    return hasRoom(for: descriptors, verdict) && pool.count >= descriptors
  }

  /// Index into `ports`; `portCount` for an interface that this worker has no socket on.
  @inline(__always) @_noLocks
  func port(of verdict: Verdict) -> Int {
    verdict.egress < UInt16(truncatingIfNeeded: SLUICE_INTERFACES) ? portOfSlot[Int(verdict.egress)] : portCount
  }

  @inline(__always) @_noLocks
  private mutating func giveBack(_ bytes: UnsafeMutableRawPointer) {
    if jumbo.hold(bytes) { return jumbo.giveBack(bytes) }
    pool.giveBack(chunk(of: UInt64(truncatingIfNeeded: umem.distance(to: bytes))))
  }

  /// Provides spare frames for fragmentation. None are needed except after a batch that used some.
  @inline(__always) @_noLocks
  mutating func refillSpares() {
    if jumbo.isOn {
      while forwarder.outputFragments.pointee.wanted != 0 && jumbo.count != 0 {
        forwarder.outputFragments.pointee.put(jumbo.take())
      }
    }
    while forwarder.outputFragments.pointee.wanted != 0 && pool.count != 0 {
      forwarder.outputFragments.pointee.put(umem + Int(truncatingIfNeeded: pool.take()))
    }
  }
}
