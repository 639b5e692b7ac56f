import Testing

@testable import Netlink
@testable import Model

@Suite struct NeighbourMemoryTests {
  static let server = IPAddress(10, 0, 0, 11)
  let hop = HopKey(link: 3, address: server)
  let mac: MACAddress
  let otherMAC: MACAddress
  var memory = NeighbourStates()

  init() throws {
    mac = try #require(MACAddress("02:00:00:00:00:0b"))
    otherMAC = try #require(MACAddress("02:00:00:00:00:0c"))
    memory.follow(hop, for: Self.server)
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
    #expect(memory.hops == [hop])
  }

  @Test("A gateway is followed until its last real server is gone or goes another way")
  mutating func users() {
    let (other, gateway) = (IPAddress(10, 9, 0, 7), HopKey(link: 3, address: IPAddress(10, 0, 0, 254)))
    memory.follow(gateway, for: Self.server)
    memory.follow(gateway, for: other)
    #expect(memory.hops == [gateway], "the server's former hop is nobody's now")
    memory.unfollow(for: Self.server)
    #expect(memory.hops == [gateway])
    memory.unfollow(for: other)
    memory.unfollow(for: other)
    #expect(memory.hops.isEmpty)
  }

  @Test("Following a hop again forgets nothing")
  mutating func followedAgain() {
    _ = memory.learn(hop, .live(mac))
    memory.follow(hop, for: Self.server)
    #expect(memory.verdict(on: hop, seen: .asked) == .usable(mac))
  }
}
