import ABI
import Packet

/// A worker without rings and sockets, for one packet at a time: `replay` runs a capture through it, `explain` a packet of the
/// flow it is asked about. What decides and rewrites is the forwarder that the workers run.
package struct OfflineForwarder: ~Copyable {
  /// Room for tunnel headers before a frame: what XDP leaves there.
  package static let headroom = 256
  /// The longest frame that `process` takes: what libpcap allows a packet of a capture (MAXIMUM_SNAPLEN in pcap-int.h).
  package static let frameLimit = 262_144

  package let flows: FlowTable
  package let counters: Counters
  /// Seconds after which nothing is held any more.
  package static var patience: UInt32 { HoldQueue.holdTimeout }
  private let forwarder: Forwarder
  private let fragments: FragmentTable
  private let fragmentTables: FragmentTables
  private var buffer: UnsafeMutableRawPointer
  /// Of each held frame, by where it lies: its buffer, and what the caller knows it by.
  private var held: [UnsafeMutableRawPointer: (buffer: UnsafeMutableRawPointer, ticket: Int)] = [:]
  /// Bytes of `buffer` that a frame may have been written to since it was made.
  private let room: Int
  /// Where the forwarder's spare frames lie; touched only by what is cut in pieces.
  private let spares: UnsafeMutableRawPointer
  private let spareSize: Int

  /// - Parameter frameLimit: bytes of the longest frame to come.
  package init(flowBuckets: Int, serverCapacity: Int, frameLimit: Int = OfflineForwarder.frameLimit) {
    flows = .allocate(buckets: flowBuckets)
    counters = .allocate(serverCapacity: serverCapacity)
    // A piece is no longer than the longest IP packet.
    spareSize = OutputFragments.headroom + min(frameLimit, 0xffff)
    fragments = .allocate()
    fragmentTables = FragmentTables([fragments], own: 0)
    forwarder = Forwarder(flows: flows, counters: counters, fragments: fragmentTables, spareSize: spareSize)
    spares = .allocate(byteCount: OutputFragments.capacity * spareSize, alignment: 64)
    for index in 0..<OutputFragments.capacity { forwarder.outputFragments.pointee.put(spares + index * spareSize) }
    room = Self.headroom + frameLimit
    buffer = Self.buffer(room)
  }

  private static func buffer(_ room: Int) -> UnsafeMutableRawPointer {
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 64)
    buffer.initializeMemory(as: UInt8.self, repeating: 0, count: room)
    return buffer
  }

  deinit {
    for (buffer, _) in held.values { buffer.deallocate() }
    buffer.deallocate()
    spares.deallocate()
    flows.free()
    counters.free()
    fragmentTables.free()
    fragments.free()
  }

  /// As if it had seen the flow before.
  package func remember(_ flow: sluice_flow) {
    flows.create(flow, Connection(client: (0, 0), ports: 0, service: 0, isIPv6: true), at: flows.bucket(flow.tag), counters)
  }

  /// Decides one frame, by itself a batch.
  ///
  /// - Parameters:
  ///   - interface: slot it came in on.
  ///   - now: seconds of the clock that flow entries are kept by.
  ///   - ticket: what `release` will call the frame by, if it is held.
  package mutating func process(
    _ frame: [UInt8],
    interface: Int,
    _ tables: Tables,
    now: UInt32,
    ticket: Int = 0
  ) -> Passage {
    precondition(frame.count <= room - Self.headroom, "the frame is longer than this worker was made for")
    let bytes = buffer + Self.headroom
    frame.withUnsafeBytes { bytes.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(bytes), byteCount: $0.count) }
    var received = Frame(bytes: bytes, length: frame.count, headroom: Self.headroom, interface: interface)
    var verdict = Verdict(action: .drop, outcome: .droppedTransmitFull, egress: 0, start: 0, length: 0, server: Verdict.noServer)
    forwarder.clearTraces()
    forwarder.process(&received, count: 1, tables, now: now, into: &verdict)
    let trace = forwarder.trace(0, tables)
    forwarder.count(&verdict, 1)
    if verdict.action == .hold {
      held[bytes] = (buffer, ticket)
      buffer = Self.buffer(room)
    }
    return Passage(verdict: verdict, trace: trace, sent: sent(received.bytes, verdict, at: 0))
  }

  /// All that a frame of the batch became, in the order of sending; the frames of its pieces are spare again.
  private func sent(_ bytes: UnsafeMutableRawPointer, _ verdict: Verdict, at index: Int) -> [[UInt8]] {
    guard verdict.action.sends else { return [] }
    var sent = [Self.sent(bytes, verdict)]
    let outputFragments = forwarder.outputFragments
    for number in 0..<outputFragments.pointee.count {
      let outputFragment = outputFragments.pointee.outputFragment(number)
      guard outputFragment.parent == index else { continue }
      sent.append(Self.sent(outputFragment.bytes, outputFragment.verdict))
      outputFragments.pointee.put(outputFragment.bytes)
    }
    return sent
  }

  private static func sent(_ bytes: UnsafeMutableRawPointer, _ verdict: Verdict) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: bytes + Int(verdict.start), count: Int(verdict.length)))
  }
}

extension OfflineForwarder {
  /// What becomes of held frames at this moment: of those whose first fragment has come, and of those whose time is over.
  package mutating func release(_ tables: Tables, now: UInt32) -> [(ticket: Int, passage: Passage)] {
    var released: [(ticket: Int, passage: Passage)] = []
    var frames = [Frame](repeating: Frame(bytes: buffer, length: 0, headroom: 0), count: Forwarder.batch)
    var verdicts = [Verdict](repeating: .drop(.droppedLateFragment, server: .max), count: Forwarder.batch)
    var count = 0
    repeat {
      forwarder.clearTraces(Forwarder.batch)
      count = forwarder.release(into: &frames, tables, now: now, &verdicts)
      forwarder.count(&verdicts, count)
      for (index, (frame, verdict)) in zip(frames, verdicts).prefix(count).enumerated() {
        guard let (buffer, ticket) = held.removeValue(forKey: frame.bytes) else { continue }
        let sent = sent(frame.bytes, verdict, at: index)
        released.append((ticket, Passage(verdict: verdict, trace: forwarder.trace(index, tables), sent: sent)))
        buffer.deallocate()
      }
    } while count == Forwarder.batch
    return released
  }
}

/// What became of one frame.
package struct Passage {
  package var verdict: Verdict
  package var trace: Trace
  /// The frames it became, in the order of sending, by interface slot `verdict.egress`.
  package var sent: [[UInt8]]
}

extension Verdict.Action {
  /// In `sluice replay --json`; stable.
  package var name: String {
    switch self {
    case .forward: "forward"
    case .answer: "answer"
    case .pass: "pass"
    case .hold: "hold"
    case .drop: "drop"
    }
  }

  /// Whether the verdict's bytes are to be sent.
  var sends: Bool {
    switch self {
    case .forward, .answer: true
    case .pass, .hold, .drop: false
    }
  }
}
