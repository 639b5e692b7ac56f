import ABI
import CXDP
import Forwarding
import Glibc
import Model

/// An engine half built: each step adds, `undo` takes back what a failed start has done.
struct Bootstrap {
  private(set) var interfaces: [AttachedInterface] = []
  private(set) var claims: [Int32] = []
  private(set) var attachments: [Attachment] = []
  private(set) var workers: [WorkerThread] = []
  private(set) var notes: [String] = []
  /// Interfaces on which a former daemon's program was found: they stay steered when this start fails.
  private var former: Set<UInt32> = []

  /// Looks at every interface and claims it for this process.
  mutating func claim(_ options: EngineOptions) throws(EngineFailure) {
    guard !options.interfaces.isEmpty else { throw EngineFailure("no interface given: add one to director.interfaces") }
    guard options.interfaces.count <= Int(SLUICE_INTERFACES) else {
      throw EngineFailure("\(options.interfaces.count) interfaces in director.interfaces: give at most \(SLUICE_INTERFACES)")
    }
    for (slot, name) in options.interfaces.enumerated() {
      let interface = try AttachedInterface(name, slot: slot)
      let claim = sockets_claim("sluice/\(name)")
      if claim == -EADDRINUSE {
        throw EngineFailure(
          "another sluice already runs on \(name): stop it first, `ss -xlp | grep sluice/` shows its process"
        )
      }
      guard claim >= 0 else { throw EngineFailure("can't claim \(name): \(EngineFailure.words(claim))") }
      claims.append(claim)
      interfaces.append(interface)
    }
  }

  /// Workers to start: one for each queue of the interface that has most, or as many as the operator says.
  func workerCount(_ options: EngineOptions) throws(EngineFailure) -> Int {
    let most = interfaces.map(\.queues).max() ?? 1
    let count = options.workers ?? most
    // A queue without a worker would be a black hole for its share of every service.
    if let short = interfaces.first(where: { $0.queues > count }) {
      throw EngineFailure(
        "\(short.name) has \(short.queues) queues, but director.workers is \(count): "
          + "use `ethtool -L \(short.name) combined \(count)`, or raise director.workers"
      )
    }
    // Worker q sends by queue q of the egress interface: it needs one there.
    if let narrow = interfaces.first(where: { $0.queues < count }) {
      throw EngineFailure(
        "\(narrow.name) has \(narrow.queues) queue(s) for \(count) workers: give all interfaces the same number of queues with `ethtool -L`"
      )
    }
    return count
  }

  /// Tells the steering program which slot each interface is: the configuration's order.
  func enterInterfaces(_ tables: TableMemory) throws(EngineFailure) {
    let entries = UnsafeMutableRawPointer(tables.root).advanced(by: Int(SLUICE_ROOT_INTERFACES))
      .assumingMemoryBound(to: sluice_interface.self)
    for slot in 0..<Int(SLUICE_INTERFACES) {
      var entry = sluice_interface()
      if slot < interfaces.count {
        entry.ifindex = interfaces[slot].ifindex
        entry.queues = UInt16(interfaces[slot].queues)
        withUnsafeMutableBytes(of: &entry.mac) { $0.copyBytes(from: interfaces[slot].mac) }
      }
      entries[slot] = entry
    }
  }

  mutating func attach(_ maps: borrowing SteeringMaps, _ mode: AttachMode) throws(EngineFailure) {
    let program = try SteeringProgram(maps)
    for index in interfaces.indices {
      if AttachedProgram(interfaces[index].ifindex) != nil { former.insert(interfaces[index].ifindex) }
      let (attachment, note) = try Attachment.attach(program.descriptor, to: interfaces[index], mode)
      attachments.append(attachment)
      interfaces[index].isNative = attachment.isNative
      if let note { notes.append(note) }
      let before = interfaces[index].queues
      try interfaces[index].countQueues()
      guard interfaces[index].queues == before else {
        throw EngineFailure(
          "the queues of \(interfaces[index].name) changed from \(before) to \(interfaces[index].queues) when XDP was attached: "
            + "set the number with `ethtool -L` and start again"
        )
      }
    }
  }

  /// Binds each worker's sockets, starts its thread, then shows the sockets to steering.
  ///
  /// - Parameters:
  ///   - counters: of each worker to be.
  ///   - epochs: of each worker to be.
  mutating func startWorkers(
    _ maps: borrowing SteeringMaps,
    _ options: EngineOptions,
    _ counters: [Counters],
    _ epochs: Epochs
  ) throws(EngineFailure) {
    let count = counters.count
    let cpus = Self.cpus()
    // With one worker there is nobody else to ask.
    let peers = count > 1 ? PeerFlows(maps.flows) : .none
    let fragments = (0..<count).map { _ in FragmentTable.allocate() }
    for number in 0..<count {
      let opened = try WorkerSockets.open(number, interfaces, options)
      notes += opened.notes
      let wakeDescriptor = threads_wake_descriptor()
      guard wakeDescriptor >= 0 else {
        throw EngineFailure("can't create an eventfd: \(EngineFailure.words(wakeDescriptor)); raise `ulimit -n`")
      }
      let stop = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
      stop.initialize(to: 0)
      let set = WorkerSet(
        counters: counters[number],
        flows: maps.flows[number],
        peers: peers,
        fragments: FragmentTables(fragments, own: number),
        epoch: epochs[number],
        stop: stop,
        wakeDescriptor: wakeDescriptor,
        busyPoll: options.busyPoll > 0,
        sockets: opened.sockets
      )
      let cpu = cpus.isEmpty ? nil : cpus[number % cpus.count]
      workers.append(try WorkerThread(number: number, of: count, cpu: cpu, set, maps.tables, opened.umem))
      for (slot, socket) in opened.sockets {
        interfaces[slot].isZeroCopy = sockets_is_zero_copy(socket) != 0
        let key = UInt32(slot * Int(SLUICE_QUEUES) + number)
        let error = steering_set_socket(maps.kernel.sockets, key, socket.pointee.descriptor)
        guard error == 0 else { throw EngineFailure("can't add a socket to the steering map: \(EngineFailure.words(error))") }
      }
    }
    if count > cpus.count, cpus.count > 0 {
      notes.append(
        "\(count) workers share \(cpus.count) CPUs: fewer queues (`ethtool -L`) would avoid context switches"
      )
    }
  }

  /// After a failed start: nothing of it is left, and what a former daemon left is as it was.
  mutating func undo() { end(keeping: former) }

  /// Takes the program off every interface, then ends the workers and closes their sockets: the host is as it was before.
  mutating func end(keeping kept: Set<UInt32> = []) {
    for attachment in attachments where !kept.contains(attachment.ifindex) { attachment.detach() }
    for worker in workers { worker.stop() }
    for claim in claims { close(claim) }
    (attachments, workers, claims) = ([], [], [])
  }

  private static func cpus() -> [Int32] {
    var cpus = [Int32](repeating: 0, count: 1024)
    let count = threads_cpus(&cpus, Int32(cpus.count))
    return count > 0 ? Array(cpus[..<Int(count)]) : []
  }
}
