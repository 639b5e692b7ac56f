import ABI
import CXDP
import Forwarding
import Glibc
import Model

/// Attaches the program and starts the workers, also after an interface or its queues have changed.
extension EngineState {
  /// Order: the program with tables in force, then sockets (a driver may change its queues on attach), then threads; only then does steering
  /// find the sockets. An empty or half-built data plane would leave services' packets to the kernel.
  ///
  /// Where a previous daemon's program steers by the same maps already, the workers come first and its own program last: until there are
  /// sockets every packet is dropped, and the verifier takes a hundred milliseconds.
  mutating func start() throws(EngineFailure) {
    recallTags()
    enterInterfaces()
    let isSteered = maps.isTakenOver && interfaces.allSatisfy { AttachedProgram($0.ifindex, on: $0.name)?.isSluices == true }
    if isSteered {
      for slot in interfaces.indices { interfaces[slot].isNative = AttachedProgram(interfaces[slot].ifindex)?.isNative == true }
      try startWorkers()
    }
    for slot in interfaces.indices {
      if AttachedProgram(interfaces[slot].ifindex) != nil { former.insert(slot) }
      let queues = interfaces[slot].queues
      try attach(slot)
      guard interfaces[slot].queues == queues else {
        throw EngineFailure(
          "\(interfaces[slot].name) went from \(queues) to \(interfaces[slot].queues) queues when attached: start with all that it has, "
            + "`ethtool -L \(interfaces[slot].name) combined \(sockets_most_queues(interfaces[slot].name))`, which its driver leaves as they are"
        )
      }
    }
    notes += interfaces.compactMap(segmentationNote)
    if !isSteered { try startWorkers() }
    pinMaps()
    // With what was changed at the NICs: a crash leaves it to the next start, or to `sluice detach`.
    enterInterfaces()
  }

  /// What a previous daemon changed at the NICs is this one's to restore.
  private mutating func recallTags() {
    guard maps.isTakenOver else { return }
    let strippers = FormerMaps.strippers(halves.memory.root)
    for slot in interfaces.indices where strippers.contains(interfaces[slot].ifindex) { interfaces[slot].leavesTags = true }
  }

  /// Starts a worker for each queue of the present interfaces: sockets, thread, then the sockets' entries in steering's map.
  mutating func startWorkers() throws(EngineFailure) {
    let present = interfaces.filter(\.isPresent)
    let count = present.map(\.queues).max() ?? 0
    try maps.addWorkers(upTo: count)
    while counters.count < count { counters.append(try Self.makeCounters()) }
    while fragments.count < count { fragments.append(FragmentTable.allocate()) }
    let cpus = Self.cpus()
    // A single worker has no peers to ask.
    let peers = count > 1 ? PeerFlows(Array(maps.flows.prefix(count)), Array(counters.prefix(count))) : .none
    let uncounted = takeUncounted()
    for number in 0..<count {
      let own = present.filter { number < $0.queues }
      let opened = try WorkerSockets.open(number, own, options, takesJumbo: takesJumbo)
      notes += opened.notes
      let wake = threads_wake_descriptor()
      guard wake >= 0 else {
        for (_, socket) in opened.sockets { sockets_close(socket) }
        throw EngineFailure("cannot make an eventfd: \(EngineFailure.words(wake)); `ulimit -n` bounds descriptors")
      }
      let stop = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
      stop.initialize(to: 0)
      let set = WorkerSet(
        counters: counters[number],
        flows: maps.flows[number],
        hasFormerFlows: number < uncounted.count && uncounted[number],
        peers: peers,
        fragments: FragmentTables(Array(fragments.prefix(count)), own: number),
        epoch: epochs[number],
        stop: stop,
        wakeDescriptor: wake,
        busyPoll: options.busyPoll > 0,
        unfinishedOn: own.reduce(0) { $1.hasUnfinishedChecksums(options.checksums) ? $0 | 1 << UInt16($1.slot) : $0 },
        takesJumbo: takesJumbo,
        sockets: opened.sockets
      )
      let cpu = cpus.isEmpty ? nil : cpus[number % cpus.count]
      workers.append(try WorkerThread(number: number, of: count, cpu: cpu, set, published, opened.umem))
      try show(opened.sockets, of: number)
    }
    if count > cpus.count, cpus.count > 0 {
      notes.append(
        "\(count) workers share \(cpus.count) CPUs: fewer queues (`ethtool -L`) would do the same work with less switching"
      )
    }
    halves.memory.root.pointee.workers = UInt32(maps.flows.count)
  }

  /// A program that takes frames in several buffers no longer keeps a veth's peer from sending segments of 64 KiB (veth_fix_features).
  func segmentationNote(_ interface: AttachedInterface) -> String? {
    guard takesJumbo, interface.isNative, sockets_is_veth(interface.name) == 1 else { return nil }
    return
      "\(interface.name): TCP segments longer than its MTU of \(interface.mtu) are not forwarded; `ethtool -K PEER tso off gso off` on the other end of this veth pair"
  }

  /// From now on steering sends this worker its queues' frames.
  private mutating func show(_ sockets: [(slot: Int, socket: UnsafeMutablePointer<sluice_socket>)], of number: Int)
    throws(EngineFailure)
  {
    for (slot, socket) in sockets {
      interfaces[slot].isZeroCopy = sockets_is_zero_copy(socket) != 0
      let error = steering_set_socket(maps.sockets, UInt32(slot * Int(SLUICE_QUEUES) + number), socket.pointee.descriptor)
      guard error == 0 else { throw EngineFailure("steering takes no socket: \(EngineFailure.words(error))") }
    }
  }

  /// Stops the workers. Closed sockets leave steering's map by themselves; services' frames are dropped until new workers start.
  mutating func stopWorkers() {
    for worker in workers { worker.stop() }
    workers = []
    ringWatch.reset()
    ringProblems = []
    hasEndedBusyPoll = false
  }

  private static func cpus() -> [Int32] {
    var cpus = [Int32](repeating: 0, count: 1024)
    let count = threads_cpus(&cpus, Int32(cpus.count))
    return count > 0 ? Array(cpus[..<Int(count)]) : []
  }
}
