import CTables

/// A worker without rings and sockets, for one packet at a time: `replay` runs a capture through it, `explain` a packet of the
/// flow it is asked about. What decides and rewrites is the forwarder that the workers run.
package struct SoloWorker: ~Copyable {
  /// Room for tunnel headers before a frame: what XDP leaves there.
  package static let headroom = 256
  /// The longest frame that `process` takes: what libpcap allows a packet of a capture (MAXIMUM_SNAPLEN in pcap-int.h).
  package static let frameLimit = 262_144

  package let flows: FlowTable
  package let counters: Counters
  private let forwarder: Forwarder
  private let buffer: UnsafeMutableRawPointer
  /// Bytes of `buffer` that a frame may have been written to since it was made.
  private let room: Int

  /// - Parameter frameLimit: bytes of the longest frame to come.
  package init(flowBuckets: Int, serverCapacity: Int, frameLimit: Int = SoloWorker.frameLimit) {
    flows = .allocate(buckets: flowBuckets)
    counters = .allocate(serverCapacity: serverCapacity)
    forwarder = Forwarder(flows: flows, counters: counters)
    room = Self.headroom + frameLimit
    buffer = .allocate(byteCount: room, alignment: 64)
    buffer.initializeMemory(as: UInt8.self, repeating: 0, count: room)
  }

  deinit {
    buffer.deallocate()
    flows.buckets.deallocate()
    counters.received.deallocate()
    counters.servers.deallocate()
  }

  /// Decides one frame, by itself a batch.
  ///
  /// - Parameters:
  ///   - interface: slot it came in on.
  ///   - now: seconds of the clock that flow entries are kept by.
  package func process(_ frame: [UInt8], interface: Int, _ tables: Tables, now: UInt32) -> Passage {
    precondition(frame.count <= room - Self.headroom, "the frame is longer than this worker was made for")
    let bytes = buffer + Self.headroom
    frame.withUnsafeBytes { bytes.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(bytes), byteCount: $0.count) }
    var received = Frame(bytes: bytes, length: frame.count, headroom: Self.headroom, interface: interface)
    var verdict = Verdict(action: .drop, outcome: .droppedTransmitFull, egress: 0, start: 0, length: 0, server: UInt16.max)
    forwarder.clearTraces()
    forwarder.process(&received, count: 1, tables, now: now, into: &verdict)
    let trace = forwarder.trace(0, tables)
    guard verdict.action.sends else { return Passage(verdict: verdict, trace: trace, sent: []) }
    let sent = UnsafeRawBufferPointer(start: received.bytes + Int(verdict.start), count: Int(verdict.length))
    return Passage(verdict: verdict, trace: trace, sent: [Array(sent)])
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
