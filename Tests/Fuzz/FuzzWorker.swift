@testable import Forwarding

/// A forwarder, and the frames it holds. Each frame lies in heap memory of exactly its size.
final class FuzzWorker {
  /// The result for one frame.
  struct Decision {
    let received: [UInt8]
    let verdict: Verdict
    /// The received frame's bytes afterwards.
    let left: [UInt8]
    /// The frame to send, empty if there is none.
    let sent: [UInt8]
    /// The further fragments of a packet that was fragmented.
    var outputFragments: [[UInt8]] = []
  }

  /// Bytes of a spare frame, as a worker has them.
  private static let spareSize = 2048
  private static let spareCount = 6

  let counters = Counters.allocate(serverCapacity: 64)
  private let flows: FlowTable
  private let peers: PeerFlows
  private let fragments: FragmentTables
  private let forwarder: Forwarder
  /// By the frame's address: the start of its memory, and the received bytes.
  private var held: [UnsafeMutableRawPointer: (memory: UnsafeMutableRawPointer, received: [UInt8])] = [:]

  /// Lent to the forwarder.
  private var spares: Set<UnsafeMutableRawPointer> = []

  /// Workers that see each other's flows and datagrams.
  static func made(_ count: Int, flowBuckets: Int, datagrams: [FragmentTable]) -> [FuzzWorker] {
    let flows = (0..<count).map { _ in FlowTable.allocate(buckets: flowBuckets) }
    return (0..<count).map { FuzzWorker($0, flows, datagrams) }
  }

  private init(_ number: Int, _ flows: [FlowTable], _ datagrams: [FragmentTable]) {
    self.flows = flows[number]
    peers = flows.count == 1 ? .none : PeerFlows(flows)
    fragments = FragmentTables(Array(datagrams.prefix(flows.count)), own: number)
    forwarder = Forwarder(
      flows: flows[number],
      counters: counters,
      peers: peers,
      fragments: fragments,
      worker: number,
      workers: flows.count,
      spareSize: Self.spareSize
    )
    for _ in 0..<Self.spareCount { lend() }
  }

  deinit {
    for (memory, _) in held.values { memory.deallocate() }
    for spare in spares { spare.deallocate() }
    flows.free()
    fragments.free()
    peers.free()
    counters.free()
  }

  func process(_ frames: [[UInt8]], _ tables: Tables, now: UInt32, _ headroom: Int) -> [Decision] {
    var batch = frames.map { frame in
      let memory = UnsafeMutableRawPointer.allocate(byteCount: headroom + frame.count, alignment: 2)
      (memory + headroom).copyMemory(from: frame, byteCount: frame.count)
      held[memory + headroom] = (memory, frame)
      return Frame(bytes: memory + headroom, length: frame.count, headroom: headroom, interface: 5)
    }
    var verdicts = [Verdict](repeating: .drop(.droppedTransmitFull, server: 0), count: frames.count)
    forwarder.process(&batch, count: batch.count, tables, now: now, into: &verdicts)
    return conclude(batch, &verdicts, batch.count)
  }

  private func lend() {
    let spare = UnsafeMutableRawPointer.allocate(byteCount: Self.spareSize, alignment: 2)
    spares.insert(spare)
    forwarder.outputFragments.pointee.put(spare)
  }

  /// Every held frame that is due.
  func release(_ tables: Tables, now: UInt32) -> [Decision] {
    guard forwarder.holding > 0, let anywhere = held.keys.first else { return [] }
    var decisions: [Decision] = []
    var batch = [Frame](repeating: Frame(bytes: anywhere, length: 0, headroom: 0), count: Forwarder.batch)
    var verdicts = [Verdict](repeating: .drop(.droppedTransmitFull, server: 0), count: Forwarder.batch)
    var count = 0
    repeat {
      count = forwarder.release(into: &batch, tables, now: now, &verdicts)
      decisions += conclude(batch, &verdicts, count)
    } while count == Forwarder.batch
    return decisions
  }

  private func conclude(_ batch: [Frame], _ verdicts: inout [Verdict], _ count: Int) -> [Decision] {
    forwarder.count(&verdicts, count)
    var decisions = (0..<count).map { conclude(batch[$0], verdicts[$0], Int(batch[$0].headroom)) }
    for number in 0..<forwarder.outputFragments.pointee.count {
      let outputFragment = forwarder.outputFragments.pointee.outputFragment(number)
      guard spares.remove(outputFragment.bytes) != nil, decisions.indices.contains(outputFragment.parent) else {
        complain("an output fragment without a spare frame or without a parent: \(outputFragment)")
      }
      let sent = UnsafeRawBufferPointer(
        start: outputFragment.bytes + Int(outputFragment.verdict.start),
        count: Int(outputFragment.verdict.length)
      )
      decisions[outputFragment.parent].outputFragments.append(Array(sent))
      outputFragment.bytes.deallocate()
      lend()
    }
    return decisions
  }

  /// Copies what is to be checked and frees the memory, unless the frame is held.
  private func conclude(_ frame: Frame, _ verdict: Verdict, _ headroom: Int) -> Decision {
    guard let (memory, received) = held[frame.bytes] else { complain("a frame that was not received, or concluded twice") }
    let left = Array(UnsafeRawBufferPointer(start: frame.bytes, count: received.count))
    if verdict.action == .hold { return Decision(received: received, verdict: verdict, left: left, sent: []) }
    let (start, end) = (Int(verdict.start), Int(verdict.start) + Int(verdict.length))
    guard !verdict.action.sends || start >= -headroom && end <= received.count else {
      complain("\(verdict.outcome) sends \(start)..<\(end) of \(received.count) bytes", received)
    }
    let sent = verdict.action.sends ? Array(UnsafeRawBufferPointer(start: frame.bytes + start, count: end - start)) : []
    held[frame.bytes] = nil
    memory.deallocate()
    return Decision(received: received, verdict: verdict, left: left, sent: sent)
  }
}
