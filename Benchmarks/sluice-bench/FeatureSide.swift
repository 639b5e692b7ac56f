import Forwarding
import Model
import Reconciler

/// The measurement of a row: with the director, and for some rows also with the C twin.
final class FeatureSide {
  private enum Engine: ~Copyable {
    case director(BenchDirector)
    case twin(BenchTwin)
  }

  private let engine: Engine
  private let feature: Feature
  private var now: UInt32 = 1000
  private(set) var row: FeatureReport.Row

  private init(_ engine: consuming Engine, _ feature: Feature, name: String) {
    self.engine = engine
    self.feature = feature
    row = FeatureReport.Row(name: name)
  }

  static func made(for feature: Feature, servers: Int) throws -> [FeatureSide] {
    let director = FeatureSide(
      .director(try BenchDirector(servers: servers, method: feature.method)),
      feature,
      name: feature.name
    )
    // The twin has only IPv4 by direct routing and IPIP.
    guard ["direct", "IPIP"].contains(feature.name) else { return [director] }
    let twin = FeatureSide(.twin(try BenchTwin(servers: servers, method: feature.method)), feature, name: "\(feature.name), in C")
    return [director, twin]
  }

  /// Adds this many flows with complete handshakes.
  func learn(_ flows: Int, _ frames: borrowing FrameArena) {
    let packet: BenchPacket = feature.method.clientIsIPv6 ? .tcp6 : .tcp
    for first in stride(from: 0, to: flows, by: frames.count) {
      for flags in [0x02, 0x10] as [UInt8] {
        frames.restore(first: first, flows: flows, flags: flags, packet)
        process(frames)
      }
    }
  }

  func measure(_ packets: Int, of flows: Int, from first: Int, _ frames: borrowing FrameArena) throws {
    let before = wanted
    var spent: UInt64 = 0
    var done = 0
    while done < packets {
      frames.restore(first: first + done, flows: flows, flags: 0x10, feature.packet)
      now &+= feature.step
      let start = monotonicNanoseconds()
      process(frames)
      spent &+= monotonicNanoseconds() &- start
      done += frames.count
    }
    guard wanted - before == done else {
      throw BenchFailure.otherwise(feature: row.name, outcome: feature.outcome.name, packets: done - (wanted - before))
    }
    row.times.add(Double(spent) / Double(done))
  }

  private func process(_ frames: borrowing FrameArena) {
    switch engine {
    case .director(let director): director.process(frames, now: now)
    case .twin(let twin): twin.process(frames)
    }
  }

  /// Packets so far with the expected outcome.
  private var wanted: Int {
    switch engine {
    case .director(let director): director.count(feature.outcome)
    case .twin(let twin): twin.forwarded
    }
  }
}
