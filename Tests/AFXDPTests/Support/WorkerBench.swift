import ABI
import CXDP
import Forwarding
import Glibc
import Testing

@testable import AFXDP

/// A worker between sockets in plain memory, and the kernel on their other side, played by the test. Every frame's whereabouts
/// are followed: a frame that is in two places, or in none, is a complaint.
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
  /// How many frames are in the worker's own hands, its pool and the forwarder's spares, between rounds.
  private(set) var held: Int
  /// Sent and not completed, by socket: addresses as the descriptors had them.
  var flight: [[UInt64]]
  /// The first thing that was not as it should be.
  var complaint: String?

  // What each frame carries since it was last received.
  var kindOf: [Int]
  var serialOf: [UInt64]
  var ingressOf: [Int]
  /// The frames' bytes as they came in.
  let shadow: UnsafeMutableRawPointer
  var serial: UInt64 = 0
  /// By kind.
  var delivered: [Int]
  var sent: [Int]
  /// Frames that have to leave next, by socket: of a packet in pieces.
  var expected: [[[UInt8]]]
  /// Frames that left as a part of a packet.
  var outputFragments = 0
  /// The last serial number that left, by ingress and egress: order is kept.
  var lastSent: [[UInt64]]

  private let flows = FlowTable.allocate(buckets: 1024)
  private let stop = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
  private let epoch = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
  /// What of the rings has been looked at, by socket.
  private var seen: [(fill: UInt32, tx: UInt32, rx: UInt32, completion: UInt32)]

  /// Sockets on these interface slots, their fill rings full, as after the start of a worker's thread.
  init(slots: [Int] = [0, 3]) throws {
    sockets = try slots.map { try PlainSocket(slot: $0) }
    kinds = try PacketKind.all()
    try TestTopology.publish(to: tables)
    frames = Worker.frames(sockets: slots.count)
    umem = .allocate(byteCount: frames * Umem.chunk, alignment: 4096)
    shadow = .allocate(byteCount: frames * Umem.chunk, alignment: 4096)
    umem.initializeMemory(as: UInt8.self, repeating: 0, count: frames * Umem.chunk)
    // What Umem.register does for the first socket.
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
      sockets: sockets.map { ($0.slot, $0.socket) }
    )
    let forwarder = Forwarder(flows: flows, counters: counters, spareSize: Umem.chunk)
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
    // Told to stop beforehand, it fills the rings and goes no round.
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

  /// One round of the worker; how many frames it received.
  @discardableResult
  func round() -> Int {
    let received = worker.round()
    follow()
    return received
  }

  /// Looks at what the worker took from the rings and put into them.
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
        if address % UInt64(Umem.chunk) != 0 { complain("\(address) in a fill ring is not a chunk's beginning") }
        move(address, from: .worker, to: .fill)
        seen[index].fill &+= 1
      }
      while seen[index].tx != socket.tx.producer.pointee {
        move(socket.tx[seen[index].tx].addr, from: .worker, to: .tx)
        seen[index].tx &+= 1
      }
    }
    if inHand != held { complain("pool and spares have \(inHand) frames, \(held) are nowhere else") }
    if epoch.pointee & 1 != 0 { complain("the epoch says the worker is in a batch") }
  }

  func move(_ address: UInt64, from: Place, to: Place) {
    let frame = Int(address) / Umem.chunk
    guard places.indices.contains(frame) else { return complain("\(address) lies outside the frames") }
    if places[frame] != from { complain("frame \(frame) goes from \(from) to \(to), but was in \(places[frame])") }
    if from == .worker { held -= 1 }
    if to == .worker { held += 1 }
    places[frame] = to
  }

  var inHand: Int { worker.pool.count + OutputFragments.capacity - worker.forwarder.outputFragments.pointee.wanted }
  func complain(_ text: String) { if complaint == nil { complaint = text } }
  func count(_ outcome: Outcome) -> Int { Int(counters.outcomes[outcome.index]) }
}
