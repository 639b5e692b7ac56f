import ABI
import CXDP
import Forwarding
import Glibc

/// The pinned thread of one worker: creates the worker on its own stack, runs it, and ends when woken to stop.
final class WorkerThread {
  private let thread: pthread_t
  private let set: WorkerSet
  private var umem: Umem?

  /// Starts the thread.
  init(number: Int, of count: Int, cpu: Int32?, _ set: WorkerSet, _ tables: PublishedTables, _ umem: consuming Umem)
    throws(EngineFailure)
  {
    let start = Start(number: number, count: count, cpu: cpu, set: set, tables: tables, umem: umem.area, frames: umem.frames)
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(start)
    let error = pthread_create(&thread, nil, { run($0) }, argument.toOpaque())
    guard error == 0 else {
      argument.release()
      for (_, socket) in set.sockets { sockets_close(socket) }
      close(set.wakeDescriptor)
      throw EngineFailure("can't start worker \(number): \(EngineFailure.words(-error)); raise `ulimit -u`")
    }
    self.thread = thread
    self.set = set
    self.umem = consume umem
  }

  /// Descriptors of its sockets.
  var descriptors: [Int32] { self.set.sockets.map(\.socket.pointee.descriptor) }

  /// The indices of its sockets' rings.
  var indices: [ring_indices] { self.set.sockets.map { sockets_indices($0.socket) } }

  /// The interface slots of its sockets.
  var slots: [Int] { self.set.sockets.map(\.slot) }

  /// Ends the thread, then closes its sockets and frees its frames. Steering must have been detached before, or stopped from using this
  /// worker.
  func stop() {
    sluice_store_release(set.stop, 1)
    threads_wake(set.wakeDescriptor)
    pthread_join(thread, nil)
    for (_, socket) in set.sockets { sockets_close(socket) }
    close(set.wakeDescriptor)
    // The first socket is bound through the UMEM's own descriptor: its queue is free when that goes, not before.
    umem = nil
  }
}

/// What the thread receives; read once, at its start.
// Sendable: handed over whole to one thread.
private final class Start: @unchecked Sendable {
  let number, count: Int
  let cpu: Int32?
  let set: WorkerSet
  let tables: PublishedTables
  let umem: UnsafeMutableRawPointer
  let frames: Int

  init(number: Int, count: Int, cpu: Int32?, set: WorkerSet, tables: PublishedTables, umem: UnsafeMutableRawPointer, frames: Int)
  {
    self.number = number
    self.count = count
    self.cpu = cpu
    self.set = set
    self.tables = tables
    self.umem = umem
    self.frames = frames
  }
}

private func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
  threads_name("sluice-\(start.number)")
  // A worker that can't be pinned is slower, not wrong.
  if let cpu = start.cpu { _ = threads_pin(cpu) }
  let forwarder = Forwarder(
    flows: start.set.flows,
    counters: start.set.counters,
    peers: start.set.peers,
    fragments: start.set.fragments,
    worker: start.number,
    workers: start.count,
    unfinishedOn: start.set.unfinishedOn,
    spareSize: start.set.takesJumbo ? JumboBuffers.size : Umem.chunk
  )
  if start.set.hasFormerFlows {
    sluice_enter_batch(start.set.epoch)
    start.set.flows.adopt(start.tables.inForce(), now: rings_now(), start.set.counters)
    sluice_leave_batch(start.set.epoch)
  }
  var worker = Worker(start.set, tables: start.tables, umem: start.umem, frames: start.frames, forwarder: forwarder)
  worker.run()
  return nil
}
