import ABI
import CXDP
import Forwarding
import Glibc
import KernelCalls
import Model
import Testing

@testable import AFXDP

/// The steering program over real maps, run in the kernel packet by packet, without an interface. Beside it a forwarder over the
/// same tables.
final class SteeringBench {
  /// Why the bench can't run; printed with the skip.
  static let isRoot = geteuid() == 0
  static let excuse: Comment = "BPF programs need root, and geteuid() is not 0"

  enum Verdict: Int32 { case aborted, drop, pass, transmit, redirect }

  /// BPF_PROG_TEST_RUN's packets are received by loopback, which is interface 1 of every network namespace. It is not in the
  /// first slot.
  static let slot = 3

  let maps: SteeringMaps
  var tables: TableMemory { maps.tables.tables }
  let program: SteeringProgram
  private var socket: Int32
  private let forwarder: ForwarderBox
  private let arena = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 64)

  init(_ capacity: TableCapacity = TestTopology.capacity) throws {
    maps = try SteeringMaps(
      EngineOptions(interfaces: ["lo"], flows: 1024, capacity: capacity),
      workers: 1,
      interfaces: [
        AttachedInterface(
          InterfaceView(name: "lo", ifindex: 1, mac: nil, queues: 1),
          slot: 0,
          mac: MACAddress((0, 0, 0, 0, 0, 0)),
          queues: 1
        )
      ]
    )
    program = try SteeringProgram(maps.programMaps(maps.tables), holding: maps.descriptors(maps.tables))
    forwarder = ForwarderBox(flows: maps.flows[0], servers: capacity.servers)
    socket = kernel_make_xdp_socket()
    try #require(socket >= 0, "no AF_XDP socket: errno \(-socket)")
    let key = UInt32(Self.slot * Int(SLUICE_QUEUES))
    try #require(steering_set_socket(maps.sockets, key, socket) == 0)
    enter(ifindex: 77, mac: TestFrame.directorMAC, slot: 0)
    enter(ifindex: 1, mac: TestFrame.directorMAC, slot: Self.slot)
  }

  deinit {
    closeSocket()
    arena.deallocate()
  }

  /// The interfaces in `root.interfaces`.
  func enter(ifindex: UInt32, mac: [UInt8], slot: Int) {
    let entries = (UnsafeMutableRawPointer(tables.root) + Int(SLUICE_ROOT_INTERFACES))
      .assumingMemoryBound(to: sluice_interface.self)
    entries[slot].ifindex = ifindex
    entries[slot].mac = MACAddress(bytes: mac)?.word ?? 0
  }

  /// Further MAC addresses by place; nil is a hole.
  func enter(further: [[UInt8]?], slot: Int = slot) {
    let words = (UnsafeMutableRawPointer(tables.root) + Int(SLUICE_ROOT_FURTHER)).assumingMemoryBound(to: UInt64.self)
    for (place, mac) in further.enumerated() {
      words[slot * Int(SLUICE_FURTHER_MACS) + place] = mac.flatMap { MACAddress(bytes: $0)?.word } ?? 0
    }
    let entries = (UnsafeMutableRawPointer(tables.root) + Int(SLUICE_ROOT_INTERFACES))
      .assumingMemoryBound(to: sluice_interface.self)
    entries[slot].further = UInt16(further.count)
  }

  /// As if the daemon died: the kernel removes a closed socket from the map.
  func closeSocket() {
    if socket >= 0 { close(socket) }
    socket = -1
  }

  /// The program's verdict.
  func steer(_ frame: [UInt8]) throws -> Verdict {
    let verdict = Self.run(program.descriptor, frame)
    return try #require(Verdict(rawValue: verdict), "BPF_PROG_TEST_RUN of \(frame.count) bytes: \(verdict)")
  }

  /// The last of `count` verdicts, or -errno.
  @discardableResult
  static func run(_ program: Int32, _ frame: [UInt8], times: UInt32 = 1) -> Int32 {
    frame.withUnsafeBytes { kernel_run_xdp(program, $0.baseAddress, $0.count, times) }
  }

  /// The worker's outcome for the frame, if it received it.
  func outcome(_ frame: [UInt8]) -> Outcome {
    frame.withUnsafeBytes { if let base = $0.baseAddress { memcpy(arena + 256, base, $0.count) } }
    return forwarder.outcome(Frame(bytes: arena + 256, length: frame.count, headroom: 256), tables.inForce())
  }

  /// Whether the worker considers the frame a service's: sent to this machine's MAC address, and with another outcome than
  /// `notForService`.
  func isForService(_ frame: [UInt8]) -> Bool {
    Array(frame.prefix(6)) == TestFrame.directorMAC && outcome(frame) != .notForService
  }

  func count(_ counter: some BinaryInteger) -> UInt64 { SteeringMaps.steered(maps.counters, Int(counter)) }
}

/// A `Forwarder` can't be copied, but a class can own one.
private final class ForwarderBox {
  private let counters: Counters
  private let forwarder: Forwarder

  init(flows: FlowTable, servers: Int) {
    counters = .allocate(serverCapacity: servers)
    forwarder = Forwarder(flows: flows, counters: counters)
  }

  deinit {
    counters.free()
  }

  func outcome(_ frame: Frame, _ tables: Tables) -> Outcome {
    var frame = frame
    var verdict = Verdict(action: .drop, outcome: .forwarded, egress: 0, start: 0, length: 0, server: 0)
    forwarder.process(&frame, count: 1, tables, now: 1, into: &verdict)
    forwarder.count(&verdict, 1)
    return verdict.outcome
  }
}
