import Forwarding
import Model
import PlainDirector
import Testing

@testable import Reconciler

@Suite struct NearLimitsTests {
  private func use(_ used: Int) -> NearLimits.Use {
    NearLimits.Use(name: "ring slots", used: used, limit: 1000, hint: "more are refused")
  }

  @Test func `nine tenths are an event, less than eight tenths another, and nothing in between`() {
    var limits = NearLimits()
    #expect(limits.look(at: [use(899)]).isEmpty)
    #expect(limits.look(at: [use(900)]).map(\.text) == ["ring slots: 90 % in use (900 of 1000); more are refused"])
    for used in [950, 899, 800, 1000] { #expect(limits.look(at: [use(used)]).isEmpty) }
    let over = limits.look(at: [use(799)])
    #expect(over.map(\.text) == ["ring slots: 79 % in use again (799 of 1000)"] && over.map(\.kind) == [.recovery])
    #expect(limits.look(at: [use(900)]).map(\.kind) == [.limit])
  }

  @Test func `real servers near a configured limit are told, and that they are not any more`() async throws {
    let plain = try PlainDirector(capacity: TableCapacity(slots: 256, services: 16, servers: 10, ringSlots: 1 << 17))
    func table(_ count: UInt8) throws -> ServiceTable {
      try ServiceTable(services: [
        VirtualService(Sample.web, ringSize: 251, servers: (1...count).map { RealServer(IPAddress(10, 0, 1, $0)) })
      ])
    }
    _ = try await plain.director.apply(try table(9))
    #expect(await plain.wait { $0.events.events().contains { $0.kind == .limit && $0.text.hasPrefix("real servers: 90 %") } })
    _ = try await plain.director.apply(try table(2))
    #expect(await plain.wait { $0.events.events().contains { $0.kind == .recovery && $0.text.hasPrefix("real servers: 20 %") } })
  }

  @Test func `a worker with a nearly full flow table is told`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    plain.counters[1].flows.pointee = 15
    #expect(
      await plain.wait { $0.events.events().contains { $0.text.hasPrefix("flow table of a worker: 93 % in use (15 of 16)") } }
    )
  }
}
