import ABI
import Testing

@testable import Forwarding

/// How a packet's server is chosen: its flow, the tables, the hash (Docs/packets.md, Flows).
@Suite struct ServerChoiceTests {
  private let director = TestDirector(.three)

  /// A packet of the flow with this client port.
  private func send(_ flags: UInt8, port: UInt16 = 40000) -> Forwarded {
    director.forward(
      ClientPacket {
        $0.tcpFlags = flags
        $0.sourcePort = port
      }
    )
  }

  /// Removes the server's slots, as weight 0 does; its flows keep it.
  private func drain(_ server: UInt32) {
    director.tables.fillRing(of: 0, with: [0, 1, 2].filter { $0 != server })
  }

  private func remove(_ server: UInt32) {
    drain(server)
    director.tables.half.servers[Int(server)].flags = 0
  }

  private let syn = ClientPacket.synchronize, ack = ClientPacket.acknowledge, fin = ClientPacket.finish, rst = ClientPacket.reset

  @Test func `a new flow goes to the server that its hash selects on the ring, with or without SYN`() {
    for port in 0..<200 as Range<UInt16> {
      let hash = FlowHash.v4(
        director.tables.half.half,
        source: 0x0102_00c0,
        destination: 0x6400_000a,
        ports: UInt32(port.bigEndian) | UInt32(UInt16(80).bigEndian) << 16,
        protocol: 6
      )
      let expected = director.tables.half.rings[Int(((hash >> 32) * UInt64(TestTables.ringSize)) >> 32)]
      #expect(send(port % 2 == 0 ? syn : ack, port: port).server == expected)
    }
  }

  @Test func `two directors with the same tables agree on every flow without communicating`() {
    let other = TestDirector(.three)
    for port in 0..<500 as Range<UInt16> {
      #expect(
        send(syn, port: port).server
          == other.forward(
            ClientPacket { packet in
              packet.sourcePort = port
              packet.tcpFlags = 0x10
            }
          ).server
      )
    }
  }

  @Test func `a flow keeps its server while the ring changes`() {
    let first = send(syn).server
    _ = send(ack)
    drain(first)
    for _ in 0..<10 { #expect(send(ack).server == first) }
    #expect(director.counters.loads[Int(first)].connections == 1)
  }

  @Test func `a drained server keeps its flows until they end and gets no new one`() {
    let first = send(syn).server
    drain(first)
    #expect(send(ack).server == first)
    #expect(send(fin).server == first)
    #expect(send(ack).server == first)
    for port in 1..<300 as Range<UInt16> { #expect(send(syn, port: port).server != first) }
  }

  /// Seconds of silence, sequence number, whether the server drains, and whether the SYN is a new connection's.
  private static let synsOfOpenFlows: [(silence: UInt32, sequence: UInt32, drains: Bool, isNew: Bool)] = [
    (0, 1, false, false), (0, 2, false, false), (59, 2, false, false), (60, 2, false, true), (60, 1, false, false),
    (899, 1, false, false), (0, 2, true, true), (0, 1, true, false), (60, 1, true, false),
  ]

  @Test(arguments: synsOfOpenFlows)
  func `a SYN of an open flow is a new connection's if its number is another and the flow is idle or its server drains`(
    silence: UInt32,
    sequence: UInt32,
    drains: Bool,
    isNew: Bool
  ) {
    let first = send(syn).server
    _ = send(ack)
    drain(first)
    director.tables.half.servers[Int(first)].weight = drains ? 0 : 1
    director.now += silence
    let sent = director.forward(ClientPacket { $0.sequence = sequence })
    #expect((sent.server != first) == isNew)
    #expect(send(ack).server == sent.server)
    // The same SYN again is the new connection's too.
    #expect(director.forward(ClientPacket { $0.sequence = sequence }).server == sent.server)
  }

  @Test func `a flow that was silent longer than its timeout is new`() {
    let first = send(syn).server
    _ = send(ack)
    drain(first)
    director.now += 900
    #expect(send(ack).server == first)
    director.now += 901
    #expect(send(ack).server != first)
  }

  @Test func `a half-open flow is kept for a minute`() {
    let first = send(syn).server
    drain(first)
    director.now += 60
    #expect(send(syn).server == first)
    director.now += 61
    #expect(send(syn).server != first)
  }

  @Test func `a SYN of an established flow does not move it, because anybody may have sent it`() {
    let first = send(syn).server
    _ = send(ack)
    drain(first)
    #expect(send(syn).server == first)
    #expect(director.entries[0].state == UInt16(SLUICE_STATE_OPENED))
  }

  @Test func `a SYN of a closing flow is scheduled anew, a retransmitted FIN or ACK is not`() {
    for ending in [fin, rst] {
      let director = TestDirector(.three)
      let packet = { (flags: UInt8) in ClientPacket { $0.tcpFlags = flags } }
      let first = director.forward(packet(syn)).server
      _ = director.forward(packet(ack))
      _ = director.forward(packet(ending))
      director.tables.fillRing(of: 0, with: [0, 1, 2].filter { $0 != first })
      #expect(director.forward(packet(fin)).server == first)
      #expect(director.forward(packet(ack)).server == first)
      #expect(director.forward(packet(syn)).server != first)
      #expect(director.entries.map(\.state) == [UInt16(SLUICE_STATE_SYN_RECEIVED)])
      #expect(director.entries.map(\.isConfirmed) == [false])
    }
  }

  @Test func `a flow with a removed server is rehashed and then keeps its new server`() {
    let first = send(syn).server
    _ = send(ack)
    remove(first)
    let second = send(ack)
    #expect(second.outcome == .forwarded)
    #expect(second.server != first)
    director.tables.fillRing(of: 0, with: [0, 1, 2])
    #expect(send(ack).server == second.server)
  }

  @Test func `a flow with a removed server is dropped with on-server-loss drop, but a SYN starts a new flow`() {
    director.tables.half.services[0].flags |= UInt8(SLUICE_SERVICE_LOSS_DROP)
    let first = send(syn).server
    _ = send(ack)
    remove(first)
    #expect(send(ack).outcome == .droppedServerGone)
    #expect(send(fin).outcome == .droppedServerGone)
    let again = send(syn)
    #expect(again.outcome == .forwarded)
    #expect(again.server != first)
    #expect(send(ack).server == again.server)
    // A packet without a flow has not lost its server.
    #expect(send(ack, port: 7).outcome == .forwarded)
  }

  @Test func `an index that is reused for another server is not the flow's server`() {
    let first = send(syn).server
    _ = send(ack)
    drain(first)
    director.tables.half.servers[Int(first)].incarnation = 1
    #expect(send(ack).server != first)
  }

  @Test func `an entry keeps all 12 bits of an incarnation`() {
    for incarnation in [0, 1, 0x7ff, 0x800, 0xfff] as [UInt16] {
      let director = TestDirector(.three)
      for server in 0..<3 { director.tables.half.servers[server].incarnation = incarnation }
      for flags in [syn, ack, fin, rst] { _ = director.forward(ClientPacket { $0.tcpFlags = flags }) }
      #expect(director.entries.map(\.incarnation) == [incarnation])
      #expect(director.entries.map(\.state) == [UInt16(SLUICE_STATE_CLOSE)])
    }
  }

  @Test func `a service without a live server accepts no new flow and keeps its old ones`() {
    let first = send(syn).server
    _ = send(ack)
    director.tables.half.services[0].ring_size = 0
    #expect(send(ack).server == first)
    #expect(send(syn, port: 7).outcome == .answeredUnreachable)
    #expect(send(ack, port: 8).outcome == .answeredUnreachable)
  }

  @Test func `an empty ring accepts no new flow`() {
    director.tables.fillRing(of: 0, with: [])
    let sent = send(syn)
    #expect(sent.outcome == .answeredUnreachable)
    #expect(sent.server == Verdict.noServer)
    #expect(director.entries.isEmpty)
  }

  @Test func `a reset of an unknown flow is forwarded and creates no flow`() {
    #expect(send(rst).outcome == .forwarded)
    #expect(director.entries.isEmpty)
  }

  @Test func `the second packet confirms a flow, unless it is a SYN too`() {
    _ = send(syn)
    _ = send(syn)
    #expect(director.entries.map(\.isConfirmed) == [false])
    _ = send(ack)
    #expect(director.entries.map(\.isConfirmed) == [true])
    #expect(director.entries.map(\.state) == [UInt16(SLUICE_STATE_OPENED)])
    #expect(director.counters.loads[Int(director.entries[0].server)].connections == 1)
  }

  @Test func `the second datagram confirms a UDP flow`() {
    let director = TestDirector()
    _ = director.forward(.udp())
    #expect(director.entries.map(\.isConfirmed) == [false])
    _ = director.forward(.udp())
    #expect(director.entries.map(\.isConfirmed) == [true])
    #expect(director.entries.map(\.state) == [UInt16(SLUICE_STATE_UDP)])
  }

  @Test func `a flow's entry has the time of its last packet`() {
    _ = send(syn)
    director.now += 17
    _ = send(ack)
    #expect(director.entries.map(\.seen) == [1017])
  }
}

extension TestTables {
  /// One service with three real servers.
  static var three: TestTables {
    let tables = TestTables()
    tables.add(6, [10, 0, 0, 100], port: 80, [.direct(10), .direct(11), .direct(12)])
    return tables
  }
}
