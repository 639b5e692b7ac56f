import Testing

@testable import Control

@Suite struct NeighbourMemoryTests {
  let hop = HopKey(link: 3, address: IPAddress(10, 0, 0, 11))
  let mac: MACAddress
  let otherMAC: MACAddress
  var memory = NeighbourMemory()

  init() throws {
    mac = try #require(MACAddress("02:00:00:00:00:0b"))
    otherMAC = try #require(MACAddress("02:00:00:00:00:0c"))
    memory.follow(hop)
  }

  @Test("Only a change of verdict or MAC address is news")
  mutating func news() {
    let story: [(Neighbour, isNews: Bool)] = [
      (.unknown, false), (.asked, false), (.live(mac), true), (.stale(mac), false), (.live(mac), false), (.fixed(mac), false),
      (.live(otherMAC), true), (.failed, true), (.asked, false), (.failed, false), (.unknown, false), (.live(otherMAC), true),
    ]
    for (step, (seen, isNews)) in story.enumerated() {
      let learned = memory.learn(hop, seen)
      #expect(learned == isNews, "step \(step)")
    }
  }

  @Test("A hop once good holds its MAC address until the kernel says failed")
  mutating func holds() {
    _ = memory.learn(hop, .stale(mac))
    #expect(memory.verdict(on: hop, seen: .unknown) == .usable(mac))
    #expect(memory.verdict(on: hop, seen: .asked) == .usable(mac))
    #expect(memory.verdict(on: hop, seen: .failed) == .failed)
  }

  @Test("A hop that failed stays failed while it is asked for again")
  mutating func staysFailed() {
    _ = memory.learn(hop, .failed)
    #expect(memory.verdict(on: hop, seen: .asked) == .failed)
    #expect(memory.verdict(on: hop, seen: .unknown) == .failed)
    #expect(memory.verdict(on: hop, seen: .live(mac)) == .usable(mac))
  }

  @Test("A hop that nobody uses is no news and is not remembered")
  mutating func strangers() {
    let stranger = HopKey(link: 4, address: hop.address)
    let isNews = memory.learn(stranger, .live(mac))
    #expect(!isNews)
    #expect(memory.verdict(on: stranger, seen: .asked) == .pending)
    memory.follow(stranger)
    memory.forget(allBut: [stranger])
    #expect(memory.hops == [stranger])
  }

  @Test("Following a hop again forgets nothing")
  mutating func followedAgain() {
    _ = memory.learn(hop, .live(mac))
    memory.follow(hop)
    #expect(memory.verdict(on: hop, seen: .asked) == .usable(mac))
  }
}
