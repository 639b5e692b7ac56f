import ABI
import CXDP
import Forwarding
import Glibc
import Testing

@testable import AFXDP

/// A worker between sockets in plain memory; the test plays the kernel on their other side. It tracks every frame: a frame in two
/// places, or in none, is an error.
final class WorkerBench {
  enum Place: UInt8 { case worker, fill, rx, tx, flight, completion }

  let sockets: [PlainSocket]
  let tables = TableMemory.allocate(TestTopology.capacity)
  let counters = Counters.allocate(serverCapacity: TestTopology.capacity.servers)
  let kinds: [PacketKind]
  private(set) var worker: Worker

  let umem: UnsafeMutableRawPointer
  let frames: Int
  private(set) var places: [Place]
  /// How many frames the worker itself has between rounds: its pool and the forwarder's spares.
  private(set) var held: Int
  /// Sent and not completed, by socket: the addresses of the descriptors.
  var flight: [[UInt64]]
  /// The first error.
  var complaint: String?

  // The serial number of the packet that each frame received last.
  var kindOf: [Int]
  var serialOf: [UInt64]
  var ingressOf: [Int]
  /// The received bytes of each frame.
  let shadow: UnsafeMutableRawPointer
  var serial: UInt64 = 0
  /// By kind.
  var delivered: [Int]
  var sent: [Int]
  /// The frames that must leave next, by socket: the other fragments of a packet.
  var expected: [[[UInt8]]]
  /// How many frames left as fragments of a packet.
  var outputFragments = 0
  /// The last serial number sent, by ingress and egress: the order must be kept.
  var lastSent: [[UInt64]]

  private let flows = FlowTable.allocate(buckets: 1024)
  private let stop = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
  private let epoch = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
  /// How far the rings have been checked, by socket.
  private var seen: [(fill: UInt32, tx: UInt32, rx: UInt32, completion: UInt32)]

  /// Sockets on these interface slots, with full fill rings, as after the start of a worker's thread.
  init(slots: [Int] = [0, 3], takesJumbo: Bool = false) throws {
    sockets = try slots.map { try PlainSocket(slot: $0) }
    kinds = try PacketKind.all()
    try TestTopology.publish(to: tables)
    frames = Worker.frames(sockets: slots.count)
    umem = .allocate(byteCount: frames * Umem.chunk, alignment: 4096)
    shadow = .allocate(byteCount: frames * Umem.chunk, alignment: 4096)
    umem.initializeMemory(as: UInt8.self, repeating: 0, count: frames * Umem.chunk)
    // Umem.register does this for the first socket.
    for frame in 0..<Int(Worker.ringSize) { sockets[0].fill.put(UInt64(frame * Umem.chunk)) }
    sockets[0].socket.pointee.fill = sockets[0].fill.forProducer

    stop.initialize(to: 1)
    epoch.initialize(to: 0)
    let set = WorkerSet(
      counters: counters,
      flows: flows,
      hasFormerFlows: false,
      peers: .none,
      fragments: .alone(),
      epoch: epoch,
      stop: stop,
      wakeDescriptor: -1,
      busyPoll: false,
      unfinishedOn: 0,
      takesJumbo: takesJumbo,
      sockets: sockets.map { ($0.slot, $0.socket) }
    )
    let forwarder = Forwarder(flows: flows, counters: counters, spareSize: takesJumbo ? JumboBuffers.size : Umem.chunk)
    worker = Worker(set, tables: PublishedTables(TableHalves(tables)), umem: umem, frames: frames, forwarder: forwarder)

    places = .init(repeating: .worker, count: frames)
    held = frames
    flight = .init(repeating: [], count: slots.count)
    kindOf = .init(repeating: 0, count: frames)
    serialOf = .init(repeating: 0, count: frames)
    ingressOf = .init(repeating: 0, count: frames)
    delivered = .init(repeating: 0, count: kinds.count)
    sent = .init(repeating: 0, count: kinds.count)
    expected = .init(repeating: [], count: slots.count)
    lastSent = .init(repeating: .init(repeating: 0, count: slots.count), count: slots.count)
    let start = PlainRing<UInt64>.start
    seen = .init(repeating: (start, start, start, start), count: slots.count)
    // It is stopped before the start, so it fills the rings and runs no round.
    worker.run()
    follow()
  }

  deinit {
    umem.deallocate()
    shadow.deallocate()
    stop.deallocate()
    epoch.deallocate()
    tables.free()
    flows.free()
    counters.free()
  }

  /// Runs one round of the worker; returns how many frames it received.
  @discardableResult
  func round() -> Int {
    let received = worker.round()
    follow()
    return received
  }

  /// Checks what the worker took from the rings and put into them.
  private func follow() {
    for (index, socket) in sockets.enumerated() {
      while seen[index].rx != socket.rx.consumer.pointee {
        move(socket.rx[seen[index].rx].addr, from: .rx, to: .worker)
        seen[index].rx &+= 1
      }
      while seen[index].completion != socket.completion.consumer.pointee {
        move(socket.completion[seen[index].completion], from: .completion, to: .worker)
        seen[index].completion &+= 1
      }
    }
    for (index, socket) in sockets.enumerated() {
      while seen[index].fill != socket.fill.producer.pointee {
        let address = socket.fill[seen[index].fill]
        if address % UInt64(Umem.chunk) != 0 { complain("\(address) in a fill ring is not the start of a chunk") }
        move(address, from: .worker, to: .fill)
        seen[index].fill &+= 1
      }
      while seen[index].tx != socket.tx.producer.pointee {
        move(socket.tx[seen[index].tx].addr, from: .worker, to: .tx)
        seen[index].tx &+= 1
      }
    }
    if inHand != held { complain("pool and spares have \(inHand) frames, but \(held) frames are nowhere else") }
    if epoch.pointee & 1 != 0 { complain("the epoch says the worker is in a batch") }
  }

  func move(_ address: UInt64, from: Place, to: Place) {
    let frame = Int(address) / Umem.chunk
    guard places.indices.contains(frame) else { return complain("\(address) lies outside the frames") }
    if places[frame] != from { complain("frame \(frame) moves from \(from) to \(to), but was in \(places[frame])") }
    if from == .worker { held -= 1 }
    if to == .worker { held += 1 }
    places[frame] = to
  }

  var inHand: Int { inChunks + (worker.jumbo.isOn ? 0 : spares) }
  /// How many chunks the worker's pool has.
  var inChunks: Int { worker.pool.count }
  private var spares: Int { OutputFragments.capacity - worker.forwarder.outputFragments.pointee.wanted }
  func complain(_ text: String) { if complaint == nil { complaint = text } }
  func count(_ outcome: Outcome) -> Int { Int(counters.outcomes[outcome.index]) }
}
