import CNetlink
import Testing

@testable import Model
@testable import Netlink

@Suite struct NeighbourTests {
  static let mac = MACAddress("02:00:00:00:00:07")

  @Test("Every state of the kernel's is told apart by what it means to us")
  func states() throws {
    let mac = try #require(Self.mac)
    let meanings: [(Int32, Neighbour)] = [
      (NUD_NONE, .unknown), (NUD_INCOMPLETE, .asked), (NUD_FAILED, .failed), (NUD_STALE, .stale(mac)),
      (NUD_REACHABLE, .live(mac)),
      (NUD_DELAY, .live(mac)), (NUD_PROBE, .live(mac)), (NUD_PERMANENT, .fixed(mac)), (NUD_NOARP, .fixed(mac)),
    ]
    for (state, meaning) in meanings { #expect(Neighbour(state: UInt16(state), mac: mac) == meaning, "state \(state)") }
  }

  @Test("A state that promises a MAC address and brings none is as good as no entry")
  func noAddress() {
    for state in [NUD_STALE, NUD_REACHABLE, NUD_DELAY, NUD_PROBE, NUD_PERMANENT, NUD_NOARP] {
      #expect(Neighbour(state: UInt16(state), mac: nil) == .unknown)
    }
  }

  @Test("A permanent entry is never poked: kernels from 5.16 would take its permanence away")
  func pokes() throws {
    let mac = try #require(Self.mac)
    let poked = [Neighbour.unknown, .asked, .failed, .stale(mac), .live(mac), .fixed(mac)].filter(\.wantsUse)
    #expect(poked == [.unknown, .failed, .stale(mac)])
  }
}
