import ABI
import Forwarding
import Model
import Testing

@testable import Reconciler

/// A service under the real compiler and forwarder, in plain memory: flows begin, become established, end.
final class SchedulingBench {
  static let key = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)
  static let anyPort = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 0)
  static let key6 = ServiceKey(.tcp, IPAddress("2001:db8:1:2:3:4:5:64")!, port: 80)

  private(set) var servers: [RealServer] = []
  private var writer: TableWriter
  private let peers: PeerFlows
  private var workers: [Worker] = []
  private(set) var now: UInt32 = 1000
  private let scheduler: Scheduler
  private let flags: SchedulerFlags
  private let ring: RingSize
  private let configure: (inout VirtualService) -> Void

  /// One worker's forwarder with what it owns.
  private final class Worker {
    let flows: FlowTable
    let counters: Counters
    var forwarder: Forwarder
    var hand = AgeingHand(now: 1000)

    init(_ number: Int, of count: Int, _ flows: FlowTable, _ counters: Counters, _ peers: PeerFlows) {
      (self.flows, self.counters) = (flows, counters)
      forwarder = Forwarder(flows: flows, counters: counters, peers: peers, worker: number, workers: count)
    }

    deinit {
      flows.free()
      counters.free()
    }
  }

  init(
    _ scheduler: Scheduler,
    flags: SchedulerFlags = [],
    ring: RingSize = .auto,
    workers count: Int = 1,
    buckets: Int = 1 << 14,
    configure: @escaping (inout VirtualService) -> Void = { _ in }
  ) {
    self.configure = configure
    (self.scheduler, self.flags, self.ring) = (scheduler, flags, ring)
    writer = TableWriter(.allocate(TableCapacity(slots: 8192, services: 16, servers: 4096, ringSlots: 1 << 19)))
    let flows = (0..<count).map { _ in FlowTable.allocate(buckets: buckets) }
    let counters = (0..<count).map { _ in Counters.allocate(serverCapacity: 4096) }
    peers = count == 1 ? .none : PeerFlows(flows, counters)
    workers = (0..<count).map { Worker($0, of: count, flows[$0], counters[$0], peers) }
  }

  deinit {
    writer.memory.free()
    peers.free()
  }

  /// Puts these servers in force.
  func set(_ servers: [RealServer]) throws {
    self.servers = servers
    let hop = NextHop(
      egress: 0,
      sourceMAC: MACAddress((2, 0, 0, 0, 0, 1)),
      nextHopMAC: MACAddress((2, 0, 0, 0, 0, 2)),
      mtu: 1500,
      source: IPAddress(10, 0, 0, 1)
    )
    let keys = servers.first?.address.isIPv4 == false ? [Self.key6] : [Self.key]
    let table = try ServiceTable(
      services: keys.map { key in
        var service = VirtualService(key, scheduler: scheduler, flags: flags, ringSize: ring, servers: servers)
        configure(&service)
        return service
      }
    )
    let addresses = Set(table.services.flatMap(\.everyAddress))
    try writer.publish(table, Dictionary(uniqueKeysWithValues: addresses.map { ($0, hop) }))
  }

  enum Segment: UInt8 {
    case syn = 2
    case data = 0x18
    case reset = 4
  }

  /// The server that a segment of this client goes to; nil if it is dropped.
  func send(_ segment: Segment, client: UInt32, worker: Int = 0) -> IPAddress? {
    process(Self.frame(segment, client: client), worker)
  }

  /// The server of a new flow.
  func open(from client: IPAddress, port: UInt16, worker: Int = 0) -> IPAddress? {
    process(Self.frame(.syn, client, port), worker)
  }

  /// The server of a segment.
  func send(_ segment: Segment, from client: IPAddress, port: UInt16, worker: Int = 0) -> IPAddress? {
    process(Self.frame(segment, client, port), worker)
  }

  /// The server of a datagram, and of a segment to another port of the VIP.
  func send(from client: IPAddress, port: UInt16, to destination: UInt16, udp: Bool, worker: Int = 0) -> IPAddress? {
    process(Self.frame(.syn, client, port, to: destination, udp: udp), worker)
  }

  /// Connections and remembered clients of a server at one worker.
  func load(of server: IPAddress, worker: Int = 0) -> (connections: UInt64, live: Int, clients: Int) {
    guard let index = writer.index(of: ServerName(server, of: Self.key)) ?? writer.index(of: ServerName(server, of: Self.anyPort))
    else {
      return (0, 0, 0)
    }
    let (load, incarnation) = (workers[worker].counters.loads[index], writer.memory.inForce().servers[index].incarnation)
    let counts = (0..<Int(SLUICE_STATES)).map { load.count(state: $0, incarnation: incarnation) }
    return (load.connections, counts[..<7].reduce(0, +), counts[7])
  }

  private func process(_ frame: [UInt8], _ worker: Int) -> IPAddress? {
    var bytes = frame
    let tables = writer.memory.inForce()
    let length = bytes.count - 64
    return bytes.withUnsafeMutableBytes { memory in
      guard let base = memory.baseAddress else { return nil }
      var frame = Frame(bytes: base + 64, length: length, headroom: 64)
      var verdict = Verdict(action: .drop, outcome: .droppedNoServer, egress: 0, start: 0, length: 0, server: 0)
      workers[worker].forwarder.process(&frame, count: 1, tables, now: now, into: &verdict)
      return verdict.outcome == .forwarded ? IPAddress(tables.servers[Int(verdict.server)].address) : nil
    }
  }

  /// Lets time pass, and ageing find what has expired.
  func wait(_ seconds: UInt32) {
    now += seconds
    let tables = writer.memory.inForce()
    for worker in workers { worker.hand.advance(worker.flows, tables, now: now, most: .max, worker.counters) }
  }

  private static func frame(_ segment: Segment, client: UInt32) -> [UInt8] {
    let address = IPAddress(192, UInt8(truncatingIfNeeded: client >> 24), UInt8(truncatingIfNeeded: client >> 16), 1)
    return frame(segment, address, UInt16(truncatingIfNeeded: client))
  }

  private static func frame(
    _ segment: Segment,
    _ client: IPAddress,
    _ port: UInt16,
    to destination: UInt16 = 80,
    udp: Bool = false
  ) -> [UInt8] {
    func big<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    let ports = big(port) + big(destination)
    let tcp =
      ports
      + (udp
        ? [0, 21, 0, 0] + [UInt8](repeating: 7, count: 13)
        : [UInt8](repeating: 0, count: 8) + [0x50, segment.rawValue, 0, 9, 0, 0, 0, 0, 7])
    let number: UInt8 = udp ? 17 : 6
    let head = [UInt8](repeating: 0, count: 64) + [UInt8](repeating: 2, count: 12)
    guard client.isIPv4 else {
      return head + [0x86, 0xdd, 0x60, 0, 0, 0, 0, 21, number, 64] + client.bytes + key6.address.bytes + tcp
    }
    var ip: [UInt8] = [0x45, 0] + big(UInt16(41)) + [0, 0, 0, 0, 64, number, 0, 0]
    ip += client.bytes.suffix(4) + [10, 0, 0, 100]
    let sum = stride(from: 0, to: 20, by: 2).reduce(UInt32(0)) { $0 + UInt32(ip[$1]) << 8 + UInt32(ip[$1 + 1]) }
    ip.replaceSubrange(10..<12, with: big(~UInt16(truncatingIfNeeded: (sum & 0xffff) + sum >> 16)))
    return head + [8, 0] + ip + tcp
  }
}
