import ABI
import Testing

@testable import Forwarding

/// Inner fragmentation: an oversize IPv4 packet without DF is fragmented, and each fragment is forwarded as a packet of its own.
@Suite struct InnerFragmentationTests {
  private static let direct = Path(method: Int(SLUICE_DIRECT), toIPv6: false)

  private static func packet(_ size: Int, _ change: (inout ClientPacket) -> Void = { _ in }) -> ClientPacket {
    ClientPacket.udp {
      $0.fragment = 0
      $0.payload = (0..<size - 28).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
      change(&$0)
    }
  }

  @Test func `direct routing: every frame as written here`() {
    let packet = Self.packet(100) { $0.padding = 4 }
    let sent = TestDirector(Self.direct.tables(mtu: 68)).forward(packet)
    let link: [UInt8] = [0x02, 0xaa, 0, 0, 0, 1, 0x02, 0xbb, 0, 0, 0, 0, 0x08, 0x00]
    let addresses: [UInt8] = [192, 0, 2, 1, 10, 0, 0, 100]
    // Total length; identification 0x1234; MF and offset in units of 8; TTL 62, UDP; checksum.
    let first: [UInt8] = [0x45, 0, 0, 68, 0x12, 0x34, 0x20, 0, 62, 17, 0x7e, 0x10] + addresses
    let last: [UInt8] = [0x45, 0, 0, 52, 0x12, 0x34, 0, 6, 62, 17, 0x9e, 0x1a] + addresses
    #expect(sent.outcome == .forwarded)
    #expect(sent.frames == [link + first + packet.onward[20..<68], link + last + packet.onward[68...]])
  }

  @Test(arguments: [direct] + Path.tunnels)
  func `the reassembled fragments are the client's packet a hop later, byte for byte`(path: Path) {
    for mtu in [200, 601, 1007] {
      let tables = path.tables(mtu: UInt16(mtu))
      let director = TestDirector(tables)
      for size in [mtu + 1, mtu + 9, 1100, 2001, 4000] where size > mtu {
        let packet = Self.packet(size)
        let sent = director.forward(packet)
        #expect(sent.outcome == .forwarded)
        #expect(sent.frames.count > 1)
        #expect(sent.frames.allSatisfy { $0.count <= mtu + 14 })
        #expect(sent.frames == Reference.frames(packet.bytes, by: tables.half.servers[Int(sent.server)], sent.frames))
        #expect(Reassembly(path: path).packet(sent.frames) == packet.onward)
      }
      #expect(director.spares.complaint == nil)
    }
  }

  @Test func `each outer IPv4 header has its own identification and no DF`() {
    for path in Path.tunnels where !path.toIPv6 {
      let sent = TestDirector(path.tables(mtu: 300)).forward(Self.packet(1500))
      let numbers = sent.frames.map { Reference.word($0, 18) }
      #expect(sent.frames.count > 5)
      #expect(Set(numbers).count == numbers.count)
      #expect(sent.frames.allSatisfy { Reference.word($0, 20) == 0 })
    }
  }

  @Test func `an option is in every fragment if its copied flag is set, else only in the first`() {
    // Record route (7) and time stamp (68) are not copied; security (130), loose source route (131) and stream id (136) are.
    let options: [UInt8] = [7, 7, 4, 0, 0, 0, 0, 130, 3, 9, 1, 68, 4, 5, 0, 136, 4, 1, 2, 131, 3, 4, 0, 0]
    let kept: [UInt8] = [1, 1, 1, 1, 1, 1, 1, 130, 3, 9, 1, 1, 1, 1, 1, 136, 4, 1, 2, 131, 3, 4, 0, 0]
    let packet = Self.packet(500) { $0.options = options }
    let sent = TestDirector(Self.direct.tables(mtu: 200)).forward(packet)
    #expect(sent.frames.count == 4)
    #expect(Array(sent.frames[0][34..<58]) == options)
    for outputFragment in sent.outputFragments { #expect(Array(outputFragment[34..<58]) == kept) }
    #expect(Reassembly(path: Self.direct).packet(sent.frames) == packet.onward)
  }

  @Test func `nothing is changed after an option with an impossible length`() {
    for bad in [[7, 0, 9, 9], [7, 1, 9, 9], [7, 5, 9, 9], [1, 1, 1, 7], [7, 3, 0, 7], [0, 7, 4, 4]] as [[UInt8]] {
      let packet = Self.packet(500) { $0.options = bad }
      let tables = Self.direct.tables(mtu: 400)
      let sent = TestDirector(tables).forward(packet)
      #expect(sent.frames.count == 2)
      #expect(sent.frames == Reference.frames(packet.bytes, by: tables.half.servers[1], sent.frames))
      // [7, 3, 0, 7]: a valid option comes before it.
      #expect(Array(sent.outputFragments[0][34..<38]) == (bad == [7, 3, 0, 7] ? [1, 1, 1, 7] : bad))
    }
  }

  @Test func `the last fragment of a first fragment has more fragments set, and the reserved bit stays`() {
    let packet = Self.packet(500) {
      $0.fragment = 0xa000
      $0.udpLength = 3000
    }
    let sent = TestDirector(Self.direct.tables(mtu: 220)).forward(packet)
    #expect(sent.frames.map { Reference.word($0, 20) } == [0xa000, 0xa000 + 25, 0xa000 + 50])
  }

  @Test func `a later fragment is fragmented again: offsets continue from its own`() {
    for more in [false, true] {
      let packet = Self.packet(500) { $0.fragment = 100 | (more ? 0x2000 : 0) }
      let (verdict, frames) = Self.oversize(packet, mtu: 220)
      #expect(verdict.outcome == .forwarded)
      #expect(frames.map { Reference.word($0, 20) } == [0x2064, 0x2064 + 25, (more ? 0x2000 : 0) + 150])
      #expect(frames.map { Reference.checksum(Array($0[14..<34])) } == [0, 0, 0])
      #expect(frames.flatMap { $0[34...] } == Array(packet.packet[20...]))
    }
  }

  @Test func `a fragment that reaches beyond 64 KiB is not fragmented`() {
    // 480 bytes from that offset.
    for (offset, outcome) in [(8131, Outcome.forwarded), (8132, .droppedFragment), (8191, .droppedFragment)] {
      #expect(Self.oversize(Self.packet(500) { $0.fragment = UInt16(offset) }, mtu: 220).verdict.outcome == outcome)
    }
  }

  @Test func `a later fragment with DF is dropped without a reply`() {
    #expect(Self.oversize(Self.packet(500) { $0.fragment = 0x4000 }, mtu: 220).verdict.outcome == .answeredTooBig)
    #expect(Self.oversize(Self.packet(500) { $0.fragment = 0x4001 }, mtu: 220).verdict.outcome == .droppedTooBig)
    #expect(Self.oversize(Self.packet(500) { $0.fragment = 0x6064 }, mtu: 220).verdict.outcome == .droppedTooBig)
  }

  @Test func `a packet is counted once, however many fragments it becomes`() {
    let director = TestDirector(Self.direct.tables(mtu: 200))
    _ = director.forward([Self.packet(1500).bytes, Self.packet(100).bytes, Self.packet(1000).bytes])
    #expect(director.count(.forwarded) == 3)
    #expect(director.counters.received.pointee == 3)
    #expect(director.counters.servers[1].packets == 3)
    #expect(director.counters.servers[1].bytes == 2600)
  }

  /// Without classification.
  private static func oversize(_ packet: ClientPacket, mtu: UInt16) -> (verdict: Verdict, frames: [[UInt8]]) {
    let director = TestDirector(direct.tables(mtu: mtu))
    let guarded = GuardedFrame(packet.bytes, headroom: 64, end: .right)
    var parsed = director.forwarder.scratch[0]
    (parsed.transport, parsed.isIPv6, parsed.network, parsed.server) = (17, false, 14, 1)
    parsed.networkLength = UInt16(packet.packet.count)
    parsed.part = packet.fragment & 0x1fff != 0 ? .later : packet.fragment & 0x2000 != 0 ? .first : .whole
    let server = UnsafeMutableRawPointer(director.tables.half.servers + 1)
    let verdict = director.forwarder.oversize(guarded.frame, parsed, server, at: 0, mtu: Int(mtu), now: 1)
    let first = UnsafeRawBufferPointer(start: guarded.frame.bytes + Int(verdict.start), count: Int(verdict.length))
    return (verdict, [Array(first)] + (director.spares.take(from: director.forwarder.outputFragments)[0] ?? []))
  }
}
