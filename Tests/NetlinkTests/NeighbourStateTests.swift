import Testing

@testable import Model
@testable import Netlink

@Suite struct NeighbourStateTests {
  let mac: MACAddress
  let otherMAC: MACAddress
  let start = ContinuousClock.now
  var state = NeighbourState()

  init() throws {
    mac = try #require(MACAddress("02:00:00:00:00:0b"))
    otherMAC = try #require(MACAddress("02:00:00:00:00:0c"))
  }

  @Test("Only a new verdict or MAC address is a change")
  mutating func news() {
    let story: [(Neighbour, isNews: Bool)] = [
      (.unknown, false), (.asked, false), (.live(mac), true), (.stale(mac), false), (.live(mac), false), (.fixed(mac), false),
      (.live(otherMAC), true), (.failed, true), (.asked, false), (.failed, false), (.unknown, false), (.live(otherMAC), true),
    ]
    for (step, (seen, isNews)) in story.enumerated() {
      let learned = state.learn(seen, at: start)
      #expect(learned == isNews, "step \(step)")
    }
  }

  @Test(
    "The MAC address of a deleted entry stays in use for 10 s, also while it is resolved again; then the hop is pending"
  )
  mutating func holds() {
    _ = state.learn(.stale(mac), at: start)
    for (second, seen) in [(0, Neighbour.unknown), (3, .asked), (6, .unknown), (9, .asked)] {
      let isNews = state.learn(seen, at: start + .seconds(second))
      #expect(!isNews)
      #expect(state.verdict == .usable(mac))
    }
    let early = state.expire(at: start + .milliseconds(9999))
    #expect(!early)
    let due = state.expire(at: start + .seconds(10))
    #expect(due)
    #expect(state.verdict == .pending)
    let again = state.expire(at: start + .seconds(20))
    #expect(!again)
  }

  @Test("A reply ends the expiry, and the next deletion starts it again")
  mutating func answered() {
    _ = state.learn(.live(mac), at: start)
    _ = state.learn(.unknown, at: start)
    _ = state.learn(.live(mac), at: start + .seconds(4))
    #expect(state.heldUntil == nil)
    _ = state.learn(.unknown, at: start + .seconds(8))
    #expect(state.heldUntil == start + .seconds(18))
  }

  @Test("A failed entry is failed at once, and stays failed until it replies")
  mutating func fails() {
    _ = state.learn(.live(mac), at: start)
    _ = state.learn(.unknown, at: start)
    let isNews = state.learn(.failed, at: start)
    #expect(isNews)
    #expect(state.heldUntil == nil)
    for seen in [Neighbour.asked, .unknown, .failed] {
      _ = state.learn(seen, at: start)
      #expect(state.verdict == .failed)
    }
    _ = state.learn(.live(mac), at: start)
    #expect(state.verdict == .usable(mac))
  }

  @Test("A missing entry is wanted until a request to create it was sent")
  mutating func wanting() {
    #expect(!state.wantsEntry)
    #expect(!state.isKnown)
    _ = state.learn(.unknown, at: start)
    #expect(state.wantsEntry)
    #expect(state.isKnown)
    let isNews = state.noteAsked(refusal: 0)
    #expect(!isNews)
    #expect(!state.wantsEntry)
  }

  @Test("A refusal of the kernel is a change once, and ends with the next entry")
  mutating func refused() {
    _ = state.learn(.unknown, at: start)
    let news = [state.noteAsked(refusal: 105), state.noteAsked(refusal: 105), state.learn(.unknown, at: start)]
    #expect(news == [true, false, false])
    #expect(state.refusal == 105)
    let isNews = state.learn(.asked, at: start)
    #expect(isNews)
    #expect(state.refusal == 0)
  }
}
