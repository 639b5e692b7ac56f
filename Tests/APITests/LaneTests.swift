import Synchronization
import Testing

@testable import API

@Suite struct LaneTests {
  private final class Record: Sendable {
    private let state = Mutex((now: 0, most: 0, order: [Int]()))

    var most: Int { state.withLock { $0.most } }
    var order: [Int] { state.withLock { $0.order } }

    func begin(_ number: Int) {
      state.withLock { state in
        state.now += 1
        state.most = max(state.most, state.now)
        state.order.append(number)
      }
    }

    func end() { state.withLock { $0.now -= 1 } }
  }

  @Test func `so many at a time, and in the order in which they came`() async throws {
    let lane = Lane(width: 2)
    let record = Record()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask {
          try await lane.run {
            record.begin(number)
            // The first two until all the others wait.
            while number < 2, lane.waiting < 18 { try await Task.sleep(for: .milliseconds(1)) }
            try await Task.sleep(for: .milliseconds(2))
            record.end()
          }
        }
        while record.order.count + lane.waiting < number + 1 { try await Task.sleep(for: .milliseconds(1)) }
      }
      try await group.waitForAll()
    }
    #expect(record.most == 2)
    #expect(record.order == Array(0..<20))
  }

  @Test func `an error leaves its place to the next`() async throws {
    let lane = Lane(width: 1)
    for _ in 0..<3 { await #expect(throws: CancellationError.self) { try await lane.run { throw CancellationError() } } }
    #expect(try await lane.run { 7 } == 7)
  }

  @Test func `who is no longer waited for does nothing once its turn comes`() async throws {
    let lane = Lane(width: 1)
    let late = try await lane.run {
      let late = Task { try await lane.run { Issue.record("it ran") } }
      try await Task.sleep(for: .milliseconds(50))
      late.cancel()
      return late
    }
    await #expect(throws: CancellationError.self) { try await late.value }
    #expect(try await lane.run { 7 } == 7)
  }
}
