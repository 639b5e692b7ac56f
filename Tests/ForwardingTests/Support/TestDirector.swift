import ABI

@testable import Forwarding

/// The result for one frame.
struct Forwarded: Equatable {
  var action: Verdict.Action
  var outcome: Outcome
  var egress: UInt16
  var server: UInt32
  /// The frame to send, empty if there is none.
  var bytes: [UInt8]
  /// The further frames, if the packet was fragmented.
  var outputFragments: [[UInt8]] = []

  var frames: [[UInt8]] { [bytes] + outputFragments }
}

extension Forwarded {
  init(_ frame: Frame, _ verdict: Verdict, _ outputFragments: [[UInt8]] = []) {
    let sent = UnsafeRawBufferPointer(start: frame.bytes + Int(verdict.start), count: Int(verdict.length))
    self.init(
      action: verdict.action,
      outcome: verdict.outcome,
      egress: verdict.egress,
      server: verdict.server,
      bytes: verdict.action.sends ? Array(sent) : [],
      outputFragments: outputFragments
    )
  }
}

/// A director with one worker over plain memory.
final class TestDirector {
  let tables: TestTables
  let flows: FlowTable
  let counters = Counters.allocate(serverCapacity: 64)
  var forwarder: Forwarder
  /// Seconds.
  var now: UInt32 = 1000
  let spares = TestSpares()
  /// Memory of the held frames.
  private var arenas: [UnsafeMutableRawPointer] = []

  convenience init(
    _ tables: TestTables = .topology,
    buckets: Int = 64,
    worker: Int = 0,
    of workers: Int = 1,
    fragments: FragmentTables = .alone(),
    unfinishedOn: UInt16 = 0
  ) {
    self.init(tables, .allocate(buckets: buckets), worker: worker, of: workers, peers: .none, fragments, unfinishedOn)
  }

  /// One of several workers over the same tables, which read each other's flows.
  convenience init(_ tables: TestTables, worker: Int, beside flows: [FlowTable]) {
    self.init(tables, flows[worker], worker: worker, of: flows.count, peers: PeerFlows(flows), .alone())
  }

  private init(
    _ tables: TestTables,
    _ flows: FlowTable,
    worker: Int,
    of workers: Int,
    peers: PeerFlows,
    _ fragments: FragmentTables,
    _ unfinishedOn: UInt16 = 0
  ) {
    self.tables = tables
    self.flows = flows
    forwarder = Forwarder(
      flows: flows,
      counters: counters,
      peers: peers,
      fragments: fragments,
      worker: worker,
      workers: workers,
      unfinishedOn: unfinishedOn,
      spareSize: TestSpares.size
    )
    spares.fill(forwarder.outputFragments)
  }

  deinit {
    for arena in arenas { arena.deallocate() }
    flows.free()
    counters.free()
  }

  func forward(_ packet: ClientPacket, headroom: Int = 256) -> Forwarded { forward([packet.bytes], headroom: headroom)[0] }

  /// Processes one batch of at most 64 frames.
  ///
  /// - Parameter interface: the slot that they come in on.
  func forward(_ frames: [[UInt8]], headroom: Int = 256, interface: Int = 0) -> [Forwarded] {
    let chunk = headroom + (frames.map(\.count).max() ?? 0)
    let arena = UnsafeMutableRawPointer.allocate(byteCount: max(1, chunk * frames.count), alignment: 64)
    var batch = frames.enumerated().map { index, frame in
      let bytes = arena + index * chunk + headroom
      frame.withUnsafeBytes { bytes.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(arena), byteCount: frame.count) }
      return Frame(bytes: bytes, length: frame.count, headroom: headroom, interface: interface)
    }
    var verdicts = [Verdict](repeating: .drop(.droppedTransmitFull, server: 0), count: frames.count)
    forwarder.process(&batch, count: batch.count, tables.half, now: now, into: &verdicts)
    forwarder.count(&verdicts, batch.count)
    defer {
      // A held frame stays in its memory.
      if verdicts.contains(where: { $0.action == .hold }) { arenas.append(arena) } else { arena.deallocate() }
    }
    let outputFragments = spares.take(from: forwarder.outputFragments)
    return batch.indices.map { Forwarded(batch[$0], verdicts[$0], outputFragments[$0] ?? []) }
  }

  /// The results of the held frames that are due, at most one batch.
  func release(after seconds: UInt32 = 0) -> [Forwarded] {
    var batch = [Frame](repeating: Frame(bytes: UnsafeMutableRawPointer(flows.buckets), length: 0, headroom: 0), count: 64)
    var verdicts = [Verdict](repeating: .drop(.droppedTransmitFull, server: 0), count: 64)
    let count = forwarder.release(into: &batch, tables.half, now: now &+ seconds, &verdicts)
    forwarder.count(&verdicts, count)
    let outputFragments = spares.take(from: forwarder.outputFragments)
    return (0..<count).map { Forwarded(batch[$0], verdicts[$0], outputFragments[$0] ?? []) }
  }

  func count(_ outcome: Outcome) -> UInt64 { counters.outcomes[Int(outcome.rawValue)] }

  /// All entries in use.
  var entries: [sluice_flow] {
    let all = UnsafeMutableRawPointer(flows.buckets).assumingMemoryBound(to: sluice_flow.self)
    return (0..<(Int(flows.mask) + 1) * 4).map { all[$0] }.filter { $0.tag != 0 }
  }
}

extension TestTables {
  /// The services of most tests.
  static var topology: TestTables {
    let tables = TestTables()
    tables.add(6, [10, 0, 0, 100], port: 80, [.direct(10), .direct(11) { $0.egress = 1 }])
    tables.add(17, [10, 0, 0, 100], port: 53, [.direct(10)])
    tables.add(6, [10, 0, 0, 101], port: 0, [.tunnel(20)])
    tables.add(17, [10, 0, 0, 101], port: 53, [.tunnel(20) { $0.tunnel = 3 }])
    tables.add(6, [10, 0, 0, 101], port: 443, [.direct(12)])
    tables.add(6, [10, 0, 0, 102], port: 80, [])
    // The same over IPv6, and tunnels of either family around either.
    let web = ClientPacketIPv6.vip(0x100)
    let tunnelled = ClientPacketIPv6.vip(0x101)
    tables.add(6, web, port: 80, [.direct6(10), .direct6(11) { $0.egress = 1 }])
    tables.add(17, web, port: 53, [.direct6(10)])
    tables.add(6, tunnelled, port: 0, [.tunnel6(20)])
    tables.add(17, tunnelled, port: 53, [.tunnel(20) { $0.tunnel = 3 }])
    tables.add(6, tunnelled, port: 443, [.direct6(12)])
    tables.add(6, ClientPacketIPv6.vip(0x102), port: 80, [])
    tables.add(6, [10, 0, 0, 102], port: 443, [.tunnel6(20)])
    // GUE and GRE, with checksums and with sources that depend on the flow.
    let wrapped = ClientPacketIPv6.vip(0x106)
    tables.add(6, [10, 0, 0, 106], port: 0, [.tunnel(Int(SLUICE_GUE), toIPv6: false, checksum: true)])
    tables.add(17, [10, 0, 0, 106], port: 0, [.tunnel(Int(SLUICE_GRE), toIPv6: true) { $0.prefix = 64 }])
    tables.add(6, wrapped, port: 0, [.tunnel(Int(SLUICE_GRE), toIPv6: false, checksum: true) { $0.prefix = 24 }])
    tables.add(17, wrapped, port: 0, [.tunnel(Int(SLUICE_GUE), toIPv6: true, checksum: true)])
    // Paths with a small MTU, on which packets are fragmented.
    let narrow = ClientPacketIPv6.vip(0x107)
    tables.add(6, [10, 0, 0, 107], port: 0, [.tunnel(Int(SLUICE_GUE), toIPv6: false, checksum: true) { $0.mtu = 500 }])
    tables.add(17, [10, 0, 0, 107], port: 0, [.direct(10) { $0.mtu = 68 }])
    tables.add(6, narrow, port: 0, [.tunnel(Int(SLUICE_GRE), toIPv6: true, checksum: true) { $0.mtu = 200 }])
    tables.add(17, narrow, port: 0, [.tunnel(Int(SLUICE_IPIP), toIPv6: false) { ($0.mtu, $0.prefix) = (301, 16) }])
    return tables
  }
}
