import ABI
import Forwarding
import Model
import Reconciler
import Testing

@testable import AFXDP

/// The steering program (C in the kernel) and the worker (Swift) must give the same answer for the same bytes, or packets are
/// lost between them. The program takes a frame exactly if the forwarder's outcome is not `notForService`.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct SteeringAgreementTests {
  private static let originals = (SteeringCase.taken + SteeringCase.passed + SteeringCase.pathErrors + SteeringCase.noPathErrors)
    .map(\.frame)

  /// 100,000 frames by default, changed by SLUICE_STEERING_FRAMES and SLUICE_STEERING_SEED; a failure prints the values that
  /// reproduce it.
  @Test("The program and the worker agree on mutated frames")
  func mutated() throws {
    let bench = try townBench()
    let frames = number("SLUICE_STEERING_FRAMES", 100_000)
    let seed = number("SLUICE_STEERING_SEED", 1)
    var random = Seeded(UInt64(seed))
    for index in 0..<frames {
      var frame = Self.originals[random.below(Self.originals.count)]
      for _ in 0...random.below(3) { Self.mutate(&frame, &random) }
      guard try agree(bench, frame, "frame \(index) of seed \(seed)") else { return }
    }
    let taken = bench.count(SLUICE_STEER_TAKEN)
    print("steering: \(frames) frames of seed \(seed), \(taken) taken")
    #expect(bench.count(SLUICE_STEER_PASSED) + taken == UInt64(frames))
    #expect(taken > UInt64(frames / 10) && taken < UInt64(frames / 10 * 9), "both verdicts occurred often")
  }

  @Test("They agree for every value of every header byte")
  func everyByte() throws {
    let bench = try townBench()
    let examples: [[UInt8]] = [
      TestFrame { $0.tags = [(0x8100, 5)] }.bytes,
      TestFrame { $0.destination = [10, 0, 0, 101] }.bytes,
      TestFrameIPv6 { $0.extensions = [.routing(type: 4, left: 0), .fragment(offset: 0, more: true)] }.bytes,
      TestFrameIPv6 {
        $0.extensions = [.authentication]
        $0.destination = TestFrameIPv6.vip(0x01)
        $0.number = 17
      }.bytes,
    ]
    for example in examples {
      for index in 0..<min(example.count, 110) {
        for value in UInt8.min...UInt8.max {
          var frame = example
          frame[index] = value
          guard try agree(bench, frame, "byte \(index) = \(value)") else { return }
        }
      }
    }
  }

  @Test("They agree on a frame truncated anywhere")
  func everyLength() throws {
    let bench = try townBench()
    for example in Self.originals {
      for length in 14...example.count {
        guard try agree(bench, Array(example.prefix(length)), "\(length) bytes") else { return }
      }
    }
  }

  @Test("A thousand services are all found and their neighbours are not, by both")
  func thousandServices() throws {
    let bench = try SteeringBench(TableCapacity(slots: 8192, services: 1024, servers: 64, ringSlots: 1 << 19))
    let addresses = (0..<250).map { [10, 1, UInt8($0 / 16), UInt8($0 % 16 * 15)] }
    let services = try addresses.enumerated().flatMap { number, address in
      try (0..<4).map { port in
        let name = "\(port % 2 == 0 ? "tcp" : "udp") \(address.map(String.init).joined(separator: ".")):\(1000 + number + port)"
        return VirtualService(try #require(ServiceKey(name)), ringSize: 251)
      }
    }
    var writer = TableWriter(bench.tables)
    try writer.publish(ServiceTable(services: services), [:])
    for (number, address) in addresses.enumerated() {
      for offset in -1...4 {
        for transport in [6, 17] as [UInt8] {
          let frame = TestFrame {
            $0.destination = address
            $0.number = transport
            $0.port = UInt16(1000 + number + offset)
          }.bytes
          guard try agree(bench, frame, "\(address) \(transport) \(offset)") else { return }
        }
      }
    }
    #expect(bench.count(SLUICE_STEER_TAKEN) == 1000)
    #expect(bench.count(SLUICE_STEER_PASSED) == 2000)
  }

  private func townBench() throws -> SteeringBench {
    let bench = try SteeringBench()
    try TestTopology.publish(to: bench.tables)
    return bench
  }

  /// False: they differ, and an issue was recorded.
  private func agree(_ bench: SteeringBench, _ frame: [UInt8], _ what: @autoclosure () -> String) throws -> Bool {
    let verdict = try bench.steer(frame)
    let expected: SteeringBench.Verdict = bench.isForService(frame) ? .redirect : .pass
    guard verdict != expected else { return true }
    let hex = frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    Issue.record("\(what()): the kernel says \(verdict), Swift \(expected) (\(bench.outcome(frame)))\n\(hex)")
    return false
  }

  private static func mutate(_ frame: inout [UInt8], _ random: inout Seeded) {
    // Most mutations hit the headers, some the MAC address.
    let first = random.chance(1, in: 20) ? 0 : min(12, frame.count - 1)
    let place = first + random.below(min(frame.count, random.chance(1, in: 3) ? frame.count : 80) - first)
    switch random.below(8) {
    case 0: frame[place] ^= 1 << UInt8(random.below(8))
    case 1: frame[place] = [0, 1, 3, 4, 5, 6, 8, 11, 17, 43, 44, 51, 58, 60, 0x45, 0x4f, 0x60, 0x80, 0xff][random.below(19)]
    case 2: frame[place] = UInt8(random.below(256))
    case 3: frame[place] &+= UInt8(random.below(9)) &- 4
    // At least an Ethernet header: the kernel's test run accepts nothing shorter.
    case 4: frame.removeLast(random.below(frame.count - 13) / (1 + random.below(8)))
    case 5: frame += (0...random.below(80)).map { _ in UInt8(random.below(256)) }
    case 6: frame.swapAt(place, first + random.below(frame.count - first))
    default: frame.insert(contentsOf: [0x81, 0, 0, UInt8(random.below(256))], at: 12)
    }
  }
}
