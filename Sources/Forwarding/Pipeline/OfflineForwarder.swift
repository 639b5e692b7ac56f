import ABI
import Packet

/// A worker without rings and sockets, for one packet at a time: `replay` runs a capture through it, `explain` a packet of the flow in
/// question. It uses the same forwarder as the workers.
package struct OfflineForwarder: ~Copyable {
  /// Room for tunnel headers in front of a frame: as much as XDP leaves.
  package static let headroom = 256
  /// The longest frame that `process` accepts: libpcap's limit for a captured packet (MAXIMUM_SNAPLEN in pcap-int.h).
  package static let frameLimit = 262_144

  package let flows: FlowTable
  package let counters: Counters
  /// Seconds after which a held frame is given up.
  package static var holdTimeout: UInt32 { HoldQueue.holdTimeout }
  private let forwarder: Forwarder
  private let fragments: FragmentTable
  private let fragmentTables: FragmentTables
  private var buffer: UnsafeMutableRawPointer
  /// By address of the held frame: its buffer and the caller's ticket.
  private var held: [UnsafeMutableRawPointer: (buffer: UnsafeMutableRawPointer, ticket: Int)] = [:]
  /// Size of `buffer` in bytes.
  private let room: Int
  /// The forwarder's spare frames; used only for packets that are fragmented.
  private let spares: UnsafeMutableRawPointer
  private let spareSize: Int

  /// - Parameters:
  ///   - members: places of the member arena; nil: as many as tables made for these servers have.
  ///   - frameLimit: the longest frame to expect, in bytes.
  package init(flowBuckets: Int, serverCapacity: Int, members: Int? = nil, frameLimit: Int = OfflineForwarder.frameLimit) {
    flows = .allocate(buckets: flowBuckets)
    counters = .allocate(serverCapacity: serverCapacity, members: members)
    // A fragment is not longer than the longest IP packet.
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

  /// Adds the flow as if its packets had been seen before.
  package func remember(_ flow: sluice_flow) {
    flows.create(flow, Connection(client: (0, 0), ports: 0, service: 0, isIPv6: true), at: flows.bucket(flow.tag), counters)
  }

  /// Decides one frame as a batch of its own.
  ///
  /// - Parameters:
  ///   - interface: slot that it came in on.
  ///   - now: seconds of the clock that flow entries are kept by.
  ///   - ticket: identifies the frame in `release` if it is held.
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

  /// All frames that a frame of the batch became, in the order of sending; its fragments' frames become spare again.
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
  /// Releases held frames: those with a first fragment that has arrived, and those that have timed out.
  package mutating func release(_ tables: Tables, now: UInt32) -> [(ticket: Int, passage: Passage)] {
    var released: [(ticket: Int, passage: Passage)] = []
    var frames = [Frame](repeating: Frame(bytes: buffer, length: 0, headroom: 0), count: Forwarder.batch)
    var verdicts = [Verdict](repeating: .drop(.droppedLateFragment, server: .max), count: Forwarder.batch)
    // Each call looks at a few: enough of them to look at all, and to release all that have expired.
    for _ in 0..<(HoldQueue.capacity / HoldQueue.looks) where forwarder.holding != 0 {
      forwarder.clearTraces(Forwarder.batch)
      let count = forwarder.release(into: &frames, tables, now: now, &verdicts)
      forwarder.count(&verdicts, count)
      for (index, (frame, verdict)) in zip(frames, verdicts).prefix(count).enumerated() {
        guard let (buffer, ticket) = held.removeValue(forKey: frame.bytes) else { continue }
        let sent = sent(frame.bytes, verdict, at: index)
        released.append((ticket, Passage(verdict: verdict, trace: forwarder.trace(index, tables), sent: sent)))
        buffer.deallocate()
      }
    }
    return released
  }
}

/// What became of one frame.
package struct Passage {
  package var verdict: Verdict
  package var trace: Trace
  /// The frames to send in order, through interface slot `verdict.egress`.
  package var sent: [[UInt8]]
}

extension Verdict.Action {
  /// The name in `sluice replay --json`; stable.
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
