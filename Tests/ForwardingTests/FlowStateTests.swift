import ABI
import Testing

@testable import Forwarding

/// All transitions: 7 states × 256 TCP flag bytes, compared with the client's half of IPVS's table as in Docs/packets.md.
@Suite struct FlowStateTests {
  /// The kind of a segment: the first of its flags in IPVS's order RST, SYN, FIN; else other.
  private enum Kind: CaseIterable { case rst, syn, fin, other }

  private static func kind(_ flags: UInt8) -> Kind {
    if flags & 4 != 0 { return .rst }
    if flags & 2 != 0 { return .syn }
    return flags & 1 != 0 ? .fin : .other
  }

  private static let none = 0, synReceived = 1, established = 2, finWait = 3, close = 4, opened = 6

  /// The next states after RST, SYN, FIN and other, by state.
  private static let table: [Int: [Kind: Int]] = [
    none: [.rst: close, .syn: synReceived, .fin: finWait, .other: established],
    synReceived: [.rst: close, .syn: synReceived, .fin: finWait, .other: established],
    established: [.rst: close, .syn: established, .fin: finWait, .other: established],
    opened: [.rst: close, .syn: opened, .fin: finWait, .other: established],
    finWait: [.rst: close, .syn: synReceived, .fin: finWait, .other: finWait],
    close: [.rst: close, .syn: synReceived, .fin: close, .other: close],
  ]

  @Test(arguments: [none, synReceived, established, finWait, close, opened])
  func `the client's TCP flags move a flow from state to state as in IPVS`(state: Int) {
    for flags in UInt8.min...UInt8.max {
      let next = FlowState.next(UInt16(state), transport: 6, flags: flags)
      #expect(Int(next) == Self.table[state]?[Self.kind(flags)], "state \(state), flags \(flags)")
    }
  }

  /// The states after a SYN, an acknowledgment without data, another, and one with data.
  @Test func `a flow whose client has sent no data is only opened`() {
    let director = TestDirector(.three)
    func states(_ segments: [(flags: UInt8, data: [UInt8])]) -> [Int] {
      segments.map { flags, data in
        _ = director.forward(
          ClientPacket {
            $0.tcpFlags = flags
            $0.payload = data
          }
        )
        return Int(director.entries[0].state)
      }
    }
    let acknowledgment = (ClientPacket.acknowledge, [UInt8]())
    let begun = states([
      (ClientPacket.synchronize, []), acknowledgment, acknowledgment, (ClientPacket.acknowledge, [1]), acknowledgment,
    ])
    #expect(begun == [Self.synReceived, Self.opened, Self.opened, Self.established, Self.established])
  }

  @Test func `UDP has one state`() {
    for state in 0..<UInt16(SLUICE_STATES) {
      for flags in UInt8.min...UInt8.max {
        #expect(FlowState.next(state, transport: 17, flags: flags) == UInt16(SLUICE_STATE_UDP))
      }
    }
  }
}
