import ABI
import Testing

@testable import Forwarding
@testable import Packet

/// A flow table that is too small, by misconfiguration or under attack: entries are lost, connections are not
/// (Docs/architecture.md).
@Suite struct FloodTests {
  /// The frames of 64 clients, starting with this number.
  private func batch(from first: Int, flags: UInt8, data: [UInt8] = []) -> [[UInt8]] {
    (first..<first + 64).map { client in
      ClientPacket {
        $0.source = [100, UInt8(client >> 16 & 255), UInt8(client >> 8 & 255), UInt8(client & 255)]
        $0.tcpFlags = flags
        $0.payload = data
      }.bytes
    }
  }

  @Test func `a million SYNs evict no flow with a complete handshake, and every SYN is forwarded`() {
    let director = TestDirector(.three, buckets: 1024)
    var servers: [UInt32] = []
    for first in stride(from: 0, to: 2048, by: 64) {
      servers += director.forward(batch(from: first, flags: ClientPacket.synchronize)).map(\.server)
      _ = director.forward(batch(from: first, flags: ClientPacket.acknowledge))
    }
    let confirmed = Set(director.entries.filter(\.isConfirmed).map(\.tag))
    #expect(confirmed.count > 1900)

    let flood = Flood(director, clients: 1_000_000)
    #expect(flood.run() == 1_000_000)
    #expect(Set(director.entries.filter(\.isConfirmed).map(\.tag)) == confirmed)

    // They keep their servers although the ring has changed: their entries decide.
    director.tables.fillRing(of: 0, with: [0])
    var kept = 0
    for first in stride(from: 0, to: 2048, by: 64) {
      let now = director.forward(batch(from: first, flags: ClientPacket.acknowledge)).map(\.server)
      kept += zip(now, servers[first..<first + 64]).count { $0 == $1 }
    }
    #expect(kept >= confirmed.count)
  }

  /// A SYN and an acknowledgment from each of many clients would each hold an entry for fifteen minutes.
  @Test func `pairs without data hold a full table for a minute, connections with data keep their entries`() {
    let director = TestDirector(.three, buckets: 64)
    func pairs(from first: Int, data: [UInt8] = []) {
      _ = director.forward(batch(from: first, flags: ClientPacket.synchronize))
      _ = director.forward(batch(from: first, flags: ClientPacket.acknowledge, data: data))
    }
    for first in stride(from: 0, to: 128, by: 64) { pairs(from: first, data: [1]) }
    let living = Set(director.entries.filter(\.isConfirmed).map(\.tag))
    for first in stride(from: 10_000, to: 12_048, by: 64) { pairs(from: first) }
    director.now += 59
    let full = director.counters.flowTableFull.pointee
    pairs(from: 20_000)
    #expect(director.counters.flowTableFull.pointee > full, "the table is full")
    director.now += 2
    let before = director.counters.flowTableFull.pointee
    pairs(from: 30_000)
    #expect(director.counters.flowTableFull.pointee == before, "the pairs yield to new flows")
    #expect(director.counters.pressed.pointee > 30)
    #expect(living.isSubset(of: director.entries.map(\.tag)))
  }

  @Test func `with four confirmed flows in every bucket, a new flow is forwarded by its hash, without an entry, and counted`() {
    let director = TestDirector(.three, buckets: 1)
    for port in 0..<4 as Range<UInt16> {
      for flags in [ClientPacket.synchronize, ClientPacket.acknowledge] {
        _ = director.forward(
          ClientPacket {
            $0.sourcePort = port
            $0.tcpFlags = flags
          }
        )
      }
    }
    let before = director.entries.map(\.tag)
    let alone = TestDirector(.three)
    for port in 100..<200 as Range<UInt16> {
      for flags in [ClientPacket.synchronize, ClientPacket.acknowledge, ClientPacket.acknowledge] {
        let packet = ClientPacket {
          $0.sourcePort = port
          $0.tcpFlags = flags
        }
        #expect(director.forward(packet) == alone.forward(packet))
      }
    }
    #expect(director.entries.map(\.tag) == before)
    #expect(director.counters.flowTableFull.pointee == 100, "flows, not packets")
    let connections = (0..<3).reduce(0) { $0 + director.counters.loads[$1].connections }
    #expect(connections == 104, "a connection without an entry is counted by its SYN")
  }

  @Test func `a closed flow makes room when its timeout has passed`() {
    let director = TestDirector(.three, buckets: 1)
    for port in 0..<4 as Range<UInt16> {
      for flags in [ClientPacket.synchronize, ClientPacket.acknowledge, ClientPacket.reset] {
        _ = director.forward(
          ClientPacket {
            $0.sourcePort = port
            $0.tcpFlags = flags
          }
        )
      }
    }
    director.now += 10
    _ = director.forward(ClientPacket { $0.sourcePort = 9 })
    #expect(director.counters.flowTableFull.pointee == 1)
    director.now += 1
    _ = director.forward(ClientPacket { $0.sourcePort = 9 })
    #expect(director.counters.flowTableFull.pointee == 1)
    #expect(director.entries.count == 4)
  }
}

/// SYNs of many clients, in the memory of one batch: they differ only in the source address and the checksum.
private struct Flood {
  let director: TestDirector
  let clients: Int

  init(_ director: TestDirector, clients: Int) {
    self.director = director
    self.clients = clients
  }

  /// Returns how many SYNs were forwarded.
  func run() -> Int {
    let pattern = ClientPacket { $0.source = [172, 16, 0, 0] }.bytes
    let arena = UnsafeMutableRawPointer.allocate(byteCount: 64 * 64, alignment: 64)
    defer { arena.deallocate() }
    var frames = (0..<64).map { Frame(bytes: arena + $0 * 64, length: pattern.count, headroom: 0) }
    var verdicts = [Verdict](repeating: .drop(.droppedTransmitFull, server: 0), count: 64)
    var forwarded = 0
    for first in stride(from: 0, to: clients, by: 64) {
      let count = min(64, clients - first)
      for index in 0..<count {
        let bytes = frames[index].bytes
        let client = UInt32(first + index)
        pattern.withUnsafeBytes { if let source = $0.baseAddress { bytes.copyMemory(from: source, byteCount: pattern.count) } }
        bytes.setRaw32(26, (0xac10_0000 + client).bigEndian)
        bytes.setRaw16(24, 0)
        bytes.setRaw16(24, ~Checksum.sum(ofHeader: bytes + 14, words: 5))
      }
      director.forwarder.process(&frames, count: count, director.tables.half, now: director.now, into: &verdicts)
      director.forwarder.count(&verdicts, count)
      forwarded += verdicts[..<count].count { $0.outcome == .forwarded }
    }
    return forwarded
  }
}
