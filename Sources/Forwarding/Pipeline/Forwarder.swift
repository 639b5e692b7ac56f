import ABI
import Packet

/// The fast path of one worker: a batch of frames in, one verdict per frame out.
///
/// It works on memory alone: tables, flows, counters and the time are its inputs; it makes no system call. Four stages each run over the
/// whole batch, so that the cache misses of 64 packets overlap: parse and hash (then prefetch each flow's bucket), look up the flow (then
/// prefetch its server's record or its slot of the ring), choose the server, rewrite. Everything here is marked `@_noLocks`: the compiler
/// rejects allocations, retains and locks.
package struct Forwarder: ~Copyable {
  package static var batch: Int {
    @inline(__always) @_noLocks get { 64 }
  }

  let flows: FlowTable
  /// Shared by all workers, only read.
  let peers: PeerFlows
  let counters: Counters
  /// This worker's number, and the step of each worker's identifications: workers share the identification space of tunnels. A power of two,
  /// so that the 16 bits wrap to the worker's own numbers; with steps of 3 they would wrap to another worker's.
  let worker: UInt32
  let workerStep: UInt32
  /// Its place among the workers, for schedulers whose turns each worker takes by itself.
  let share: ListScheduler.Share
  /// One record for each frame of a batch, allocated once.
  let scratch: UnsafeMutablePointer<ScratchPacket>
  /// Indices into `scratch`; one more than a batch, since an element is written before it is known to be needed.
  private let misses: UnsafeMutablePointer<UInt8>
  /// Where fragmented datagrams were sent, by all workers.
  let fragments: FragmentTables
  /// Fragments that wait for the first fragment of their datagram.
  let waiting: HoldQueue
  /// Limits on originated packets, by `Reply`.
  let allowances: UnsafeMutablePointer<TokenBucket>
  /// A bit for each interface slot whose frames may have unfinished checksums.
  let unfinishedOn: UInt16
  /// Spare frames, and the frames that this batch made of them.
  package let outputFragments: UnsafeMutablePointer<OutputFragments>

  /// - Parameters:
  ///   - peers: the flow tables of all workers; `none` with a single worker.
  ///   - fragments: the fragment tables of all workers.
  ///   - unfinishedOn: a bit for each interface slot whose frames may have unfinished checksums.
  ///   - spareSize: size of each frame that is put into `outputFragments`, in bytes.
  package init(
    flows: FlowTable,
    counters: Counters,
    peers: PeerFlows = .none,
    fragments: FragmentTables = .alone(),
    worker: Int = 0,
    workers: Int = 1,
    unfinishedOn: UInt16 = 0,
    spareSize: Int = 0
  ) {
    self.flows = flows
    self.peers = peers
    self.fragments = fragments
    waiting = HoldQueue(count: counters.held)
    self.counters = counters
    self.worker = UInt32(worker)
    self.unfinishedOn = unfinishedOn
    share = ListScheduler.Share(worker: worker, workers: max(workers, 1))
    workerStep = workers <= 1 ? 1 : 1 << UInt32(UInt32.bitWidth - UInt32(workers - 1).leadingZeroBitCount)
    self.scratch = .allocate(capacity: Self.batch)
    misses = .allocate(capacity: Self.batch + 1)
    misses.initialize(repeating: 0, count: Self.batch + 1)
    allowances = .allocate(capacity: Reply.kinds)
    allowances.initialize(repeating: TokenBucket(), count: Reply.kinds)
    outputFragments = .allocate(capacity: 1)
    outputFragments.initialize(to: OutputFragments(size: spareSize))
    scratch.initialize(
      repeating: ScratchPacket(
        outcome: nil,
        transport: 0,
        isIPv6: false,
        flags: 0,
        part: .whole,
        network: 0,
        networkLength: 0,
        service: 0,
        server: Verdict.noServer,
        hash: 0,
        entry: nil
      ),
      count: Self.batch
    )
  }

  deinit {
    scratch.deallocate()
    misses.deallocate()
    allowances.deallocate()
    waiting.free()
    outputFragments.pointee.deallocate()
    outputFragments.deallocate()
  }

  /// Decides and rewrites `count` frames, at most 64. Writes one verdict for each, and lists in `outputFragments` the further frames that a
  /// packet was split into.
  ///
  /// - Parameter now: seconds of the clock that flow entries are kept by.
  @_noLocks
  package func process(
    _ frames: UnsafeMutablePointer<Frame>,
    count: Int,
    _ tables: Tables,
    now: UInt32,
    into verdicts: UnsafeMutablePointer<Verdict>
  ) {
    decide(frames, count: count, tables, now: now, mayHold: true, into: verdicts)
    counters.received.pointee &+= UInt64(truncatingIfNeeded: count)
  }

  /// - Parameter mayHold: whether a fragment may be held until its first fragment arrives; false once it has been held.
  @inline(__always) @_noLocks
  func decide(
    _ frames: UnsafeMutablePointer<Frame>,
    count: Int,
    _ tables: Tables,
    now: UInt32,
    mayHold: Bool,
    into verdicts: UnsafeMutablePointer<Verdict>
  ) {
    assert(count <= Self.batch)
    outputFragments.pointee.clear()
    parse(frames, count, tables)
    completeChecksums(frames, count)
    let missed = lookUp(count, tables)
    choose(frames, count, tables, now: now, mayHold: mayHold)
    if missed != 0 { sluice_order_connections() }
    rewrite(frames, count, tables, now: now, into: verdicts)
  }

  /// Counts a batch once its verdicts are carried out. Sending may change an outcome to `droppedTransmitFull`; counting before and then
  /// correcting would look like a restart to a scraper.
  @inline(__always) @_noLocks
  package func count(_ verdicts: UnsafeMutablePointer<Verdict>, _ count: Int) {
    // The most frequent outcome is summed in a register: 64 additions to one word in memory would wait for each other.
    var forwarded: UInt64 = 0
    var index = 0
    while index < count {
      if case .forwarded = verdicts[index].outcome {
        forwarded &+= 1
      } else if verdicts[index].isFinal {
        counters.outcomes[verdicts[index].outcome.index] &+= 1
      }
      index &+= 1
    }
    counters.outcomes[Outcome.forwarded.index] &+= forwarded
  }

  @inline(__always) @_noLocks
  private func parse(_ frames: UnsafeMutablePointer<Frame>, _ count: Int, _ tables: Tables) {
    // On a cold arena each header is a cache miss: prefetch them a few packets ahead.
    let ahead = 6
    var index = 0
    while index < count && index < ahead {
      sluice_prefetch(frames[index].bytes)
      index &+= 1
    }
    index = 0
    while index < count {
      if index &+ ahead < count { sluice_prefetch(frames[index &+ ahead].bytes) }
      let bytes = frames[index].bytes
      let length = Int(frames[index].length)
      let (network, type) = Ethernet.parse(bytes, length)
      scratch[index].outcome = .notForService
      scratch[index].part = .whole
      if network != 0 && EtherType.isIPv4(type) {
        scratch[index].outcome = IPv4.parse(bytes, length, at: network, tables, &scratch[index])
      } else if network != 0 && EtherType.isIPv6(type) {
        scratch[index].outcome = IPv6.parse(bytes, length, at: network, tables, &scratch[index])
      }
      if case nil = scratch[index].outcome { sluice_prefetch(flows.bucket(scratch[index].hash)) }
      index &+= 1
    }
  }

  /// Finds each flow's entry, and prefetches what the next stages read: a known flow's server, or what the scheduler needs.
  ///
  /// - Returns: how many flows are not in their first bucket.
  @inline(__always) @_noLocks
  private func lookUp(_ count: Int, _ tables: Tables) -> Int {
    // Packets with a flow that is not in its first bucket. Collected without a branch, which would be mispredicted for each new flow.
    var missed = 0
    var index = 0
    while index < count {
      if case nil = scratch[index].outcome {
        let entry = flows.findFirst(scratch[index].hash)
        scratch[index].entry = entry
        misses[missed] = UInt8(truncatingIfNeeded: index)
        if let entry { fetchServer(Int(entry.pointee.server), tables) } else { missed &+= 1 }
      }
      index &+= 1
    }
    if missed != 0 { lookFurther(missed, tables) }
    return missed
  }

  /// Handles flows that are not in their first bucket: displaced and new ones. Each step runs over all of them, so that their cache misses
  /// overlap.
  @inline(never) @_noLocks
  private func lookFurther(_ missed: Int, _ tables: Tables) {
    // Moves the few flows that may be displaced to the front.
    var displaced = 0
    var position = 0
    while position < missed {
      let packet = scratch + Int(misses[position])
      if flows.hasDisplaced(packet.pointee.hash) {
        sluice_prefetch(flows.secondBucket(packet.pointee.hash))
        let number = misses[position]
        misses[position] = misses[displaced]
        misses[displaced] = number
        displaced &+= 1
      } else {
        prefetchNew(packet.pointee, tables)
      }
      position &+= 1
    }
    position = 0
    while position < displaced {
      let packet = scratch + Int(misses[position])
      packet.pointee.entry = FlowTable.find(packet.pointee.hash, in: flows.secondBucket(packet.pointee.hash))
      if packet.pointee.entry == nil { prefetchNew(packet.pointee, tables) }
      position &+= 1
    }
    position = 0
    while position < missed {
      let packet = scratch + Int(misses[position])
      if let entry = packet.pointee.entry {
        fetchServer(Int(entry.pointee.server), tables)
      } else {
        let server = Int(Scheduler.peek(packet.pointee, tables))
        fetchServer(server, tables)
        sluice_prefetch(counters.loads + server)
      }
      position &+= 1
    }
  }

  @inline(__always) @_noLocks
  private func fetchServer(_ server: Int, _ tables: Tables) {
    sluice_prefetch(tables.servers + server)
    sluice_prefetch(counters.servers + server)
  }

  /// Prefetches for a new flow: what the scheduler reads first, and the flow's second bucket if the first is full.
  @inline(__always) @_noLocks
  private func prefetchNew(_ packet: ScratchPacket, _ tables: Tables) {
    Scheduler.prefetch(packet, tables)
    if FlowTable.isFull(flows.bucket(packet.hash)) { sluice_prefetch(flows.secondBucket(packet.hash)) }
  }

  @inline(__always) @_noLocks
  private func choose(
    _ frames: UnsafeMutablePointer<Frame>,
    _ count: Int,
    _ tables: Tables,
    now: UInt32,
    mayHold: Bool
  ) {
    var index = 0
    while index < count {
      scratch[index].server = Verdict.noServer
      if case nil = scratch[index].outcome {
        let outcome = chooseServer(frames[index], &scratch[index], tables, now: now)
        scratch[index].outcome = outcome
        if case nil = outcome, tables.servers[Int(scratch[index].server)].method >= UInt8(truncatingIfNeeded: SLUICE_IPIP) {
          // The headers of any tunnel begin in the cache line before the frame.
          sluice_prefetch(frames[index].bytes - IPv4.headerLength)
        }
      }
      // After the choice, since all fragments of a datagram follow the first fragment's server.
      switch scratch[index].part {
      case .whole: break
      default: follow(frames[index], &scratch[index], tables, now: now, mayHold: mayHold)
      }
      index &+= 1
    }
  }

  @inline(__always) @_noLocks
  private func rewrite(
    _ frames: UnsafeMutablePointer<Frame>,
    _ count: Int,
    _ tables: Tables,
    now: UInt32,
    into verdicts: UnsafeMutablePointer<Verdict>
  ) {
    var index = 0
    while index < count {
      if let outcome = scratch[index].outcome {
        verdicts[index] = conclude(outcome, frames[index], scratch[index], tables, now: now)
      } else {
        verdicts[index] = rewrite(frames[index], scratch[index], tables, at: index, now: now)
      }
      index &+= 1
    }
  }
}
