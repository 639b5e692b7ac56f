import ABI
import RuntimeCalls
import Testing

@testable import Forwarding
@testable import Packet

/// The second check of the hot path (Docs/hot-path.md): a million packets without one allocation, retain, exclusivity check or
/// lazy global.
@Suite(.enabled(if: runtime_calls_available() == 1, "the sanitizer replaces the functions that would be counted"))
struct RuntimeCallTests {
  /// The runtime calls that the body made, by name.
  private func calls(of body: () -> Void) -> [String: UInt] {
    runtime_calls_start()
    body()
    runtime_calls_stop()
    var counts = [UInt](repeating: 0, count: Int(RUNTIME_KINDS))
    runtime_calls_read(&counts)
    var named: [String: UInt] = [:]
    for (kind, count) in counts.enumerated() where count > 0 {
      named[String(cString: runtime_calls_name(Int32(kind)))] = count
    }
    return named
  }

  @Test func `a million packets of every kind make no runtime call`() {
    let director = TestDirector(.everyWay)
    // The forwarder is a local, as in a worker: through a class, each batch would be a checked access.
    let forwarder = Forwarder(flows: director.flows, counters: director.counters, spareSize: TestSpares.size)
    let spares = TestSpares()
    spares.fill(forwarder.outputFragments)
    let errors = Mutation.tunnelErrors
    let patterns = Self.patterns.map(\.bytes) + Self.patternsIPv6.map(\.bytes) + errors.prefix(4) + errors.suffix(4)
    let chunk = 2048
    let arena = UnsafeMutableRawPointer.allocate(byteCount: 64 * chunk, alignment: 64)
    let frames = UnsafeMutablePointer<Frame>.allocate(capacity: 64)
    let verdicts = UnsafeMutablePointer<Verdict>.allocate(capacity: 64)
    defer {
      arena.deallocate()
      frames.deallocate()
      verdicts.deallocate()
    }
    var forwarded = 0
    var found: [String: UInt] = [:]
    for batch in 0..<(1_000_000 / 64) {
      for index in 0..<64 {
        let pattern = patterns[(batch + index) % patterns.count]
        let bytes = arena + index * chunk + 64
        pattern.withUnsafeBytes { if let source = $0.baseAddress { bytes.copyMemory(from: source, byteCount: pattern.count) } }
        // A thousand client ports for 256 entries, so that flows are created, found and replaced, and find no room; each port is
        // used for a while, so that flows are confirmed.
        if pattern.count >= 38 && pattern[23] != 1 { bytes.set16(34, UInt16((batch / 32 &* 64 &+ index) % 1000)) }
        (frames + index).initialize(to: Frame(bytes: bytes, length: pattern.count, headroom: 64))
      }
      let tables = director.tables.half
      let now = UInt32(batch / 100)
      let asked = calls {
        forwarder.process(frames, count: 64, tables, now: now, into: verdicts)
        forwarder.count(verdicts, 64)
      }
      found.merge(asked, uniquingKeysWith: +)
      _ = spares.take(from: forwarder.outputFragments)
      for index in 0..<64 where verdicts[index].outcome == .forwarded { forwarded += 1 }
      // Held frames lie in memory that is overwritten: random bytes are released, as safely as anything else.
      let askedLater = calls { forwarder.count(verdicts, forwarder.release(into: frames, tables, now: now, verdicts)) }
      found.merge(askedLater, uniquingKeysWith: +)
      _ = spares.take(from: forwarder.outputFragments)
    }
    #expect(found == [:])
    // The run must have reached the different paths.
    #expect(forwarded > 250_000)
    let unreached: [Outcome] = [
      .droppedExtensionHeaders, .droppedServerGone, .droppedTransmitFull, .droppedNoHeadroom, .droppedRateLimited,
      .droppedNoServer,
    ]
    for outcome in Outcome.allCases where !unreached.contains(outcome) { #expect(director.count(outcome) > 0, "\(outcome)") }
    #expect(director.counters.flowTableFull.pointee > 0)
  }

  @Test func `an allocation, a retain, an access check and a lazy global are detected`() {
    final class Owner { var words: [UInt64] = [1] }
    struct Lazy { static let value = Array("lazy".utf8) }
    let owner = Owner()
    var kept: [Owner] = []
    kept.reserveCapacity(4)
    #expect(calls { kept.append(owner) }["swift_retain"] ?? 0 > 0)
    #expect(calls { kept[0] = Owner() }["swift_release"] ?? 0 > 0)
    #expect(calls { owner.words.append(2) }["swift_beginAccess"] ?? 0 > 0)
    #expect(calls { _ = Lazy.value }["swift_once"] ?? 0 > 0)
    let made = calls { kept.append(Owner()) }
    #expect(made["swift_allocObject"] ?? 0 > 0)
    #expect(made["malloc"] ?? 0 > 0)
    #expect(calls { UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 8).deallocate() }["free"] ?? 0 > 0)
    #expect(calls {} == [:])
  }

  /// A frame for every outcome except those that only the set-up of a worker can cause.
  private static let patterns: [ClientPacket] = [
    .echo(), .echo { $0.destination = [10, 0, 0, 105] }, .icmp([3, 4, 0, 0, 0, 0, 5, 0x78] + ClientPacket.reply().packet),
    .icmp(
      [3, 4, 0, 0, 0, 0, 5, 0x78, 0x45, 0, 5, 0xdc, 0, 0, 0x40, 0, 63, 4, 0, 0] + TestServer.tunnelSource + [10, 0, 1, 20]
        + [UInt8](repeating: 0, count: 8)
    ) { $0.destination = TestServer.tunnelSource },
    ClientPacket { $0.destination = [10, 0, 0, 105] },
    ClientPacket(), ClientPacket { $0.tcpFlags = 0x10 }, .udp(), ClientPacket { $0.tags = [(0x88a8, 1), (0x8100, 2)] },
    ClientPacket { $0.destination = [10, 0, 0, 101] }, ClientPacket { $0.tcpFlags = 0x11 }, ClientPacket { $0.tcpFlags = 4 },
    ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.fragment = 0
      $0.options = [1, 1, 1, 0]
    },
    ClientPacket { $0.destinationPort = 81 }, ClientPacket { $0.headerChecksum = 1 }, ClientPacket { $0.totalLength = 41 },
    ClientPacket { $0.words = 4 }, ClientPacket { $0.ttl = 0 }, ClientPacket { $0.ttl = 1 },
    ClientPacket { $0.source = [127, 0, 0, 1] },
    .udp {
      $0.transport = [0x9c, 0x40, 0, 53]
      $0.fragment = 0x2000
    },
    .udp { $0.fragment = 0x2000 },
    .udp {
      $0.fragment = 0x0010
      $0.transport = []
    },
    .udp {
      $0.fragment = 0x0010
      $0.identification = 0x5555
      $0.transport = []
    },
    ClientPacket { $0.destination = [10, 0, 0, 102] }, ClientPacket { $0.destination = [10, 0, 0, 103] },
    ClientPacket {
      $0.destination = [10, 0, 0, 102]
      $0.payload = [UInt8](repeating: 0, count: 600)
    },
    ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.payload = [UInt8](repeating: 0, count: 1441)
    },
    ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.payload = [UInt8](repeating: 0, count: 1441)
      $0.fragment = 0
    },
    ClientPacket { $0.destination = [10, 0, 0, 106] }, .udp { $0.destination = [10, 0, 0, 106] },
    ClientPacket {
      $0.destination = [10, 0, 0, 107]
      $0.payload = [UInt8](repeating: 0, count: 600)
      $0.fragment = 0
    },
    .udp {
      $0.destination = [10, 0, 0, 107]
      $0.payload = [UInt8](repeating: 0, count: 600)
      $0.options = [UInt8](repeating: 1, count: 40)
      $0.fragment = 0
    },
    .icmp(
      [3, 3, 0, 0, 0, 0, 0, 0] + ClientPacket.reply(to: .udp { $0.destination = [10, 0, 0, 107] }).packet
        + [UInt8](repeating: 0, count: 40)
    ) {
      $0.destination = [10, 0, 0, 107]
    },
  ]

  /// Where other frames have their port, these have a part of the client's address.
  private static let patternsIPv6: [ClientPacketIPv6] = [
    ClientPacketIPv6 { $0.destination = ClientPacketIPv6.vip(0x106) }, .udp6 { $0.destination = ClientPacketIPv6.vip(0x106) },
    ClientPacketIPv6 {
      $0.destination = ClientPacketIPv6.vip(0x107)
      $0.payload = [UInt8](repeating: 0, count: 600)
    },
    .udp6 {
      $0.destination = ClientPacketIPv6.vip(0x107)
      $0.payload = [UInt8](repeating: 0, count: 600)
    },
    ClientPacketIPv6 {
      $0.destination = ClientPacketIPv6.vip(0x107)
      $0.payload = [UInt8](repeating: 0, count: 1300)
    },
  ]
}

extension TestTables {
  /// The test topology, a service with a server without a next hop, and one without a server that replies with resets.
  fileprivate static var everyWay: TestTables {
    let tables = TestTables.topology
    tables.add(6, [10, 0, 0, 105], port: 80, [])
    tables.half.services[Int(tables.half.half.pointee.service_count) - 1].flags |= UInt8(SLUICE_SERVICE_RESET)
    tables.add(6, [10, 0, 0, 103], port: 80, [.direct(13) { $0.flags = UInt8(SLUICE_SERVER_PRESENT) }])
    return tables
  }
}
