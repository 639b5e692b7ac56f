import API
import Foundation
import Model
import Synchronization

/// Many next hops change at once under a daemon with many managed VIPs, while traffic and status requests continue.
struct NextHopStorm {
  let changes: Int
  let vips: Int
  let program: String
  private static let former = "02:00:00:00:00:01"
  private static let later = "02:00:00:00:00:02"

  func run(_ report: inout ControlReport) throws {
    let name = "\(changes) next hops, \(vips) VIPs"
    let servers = (0..<changes).map { Self.onSegment($0 + 256) }
    try BenchNamespace.ip(["address add 10.32.0.1/16 dev d0"] + servers.map { neighbour($0, Self.former) })
    defer { try? BenchNamespace.ip(["address del 10.32.0.1/16 dev d0"]) }
    let perService = max(1, changes / vips) + (changes % vips == 0 ? 0 : 1)
    let services = BenchServices(
      (0..<vips).map { service in
        BenchServices.service(service, (0..<perService).map { RealServer(servers[(service * perService + $0) % changes]) })
      }
    )
    let daemon = try BenchDaemon(program: program)
    try daemon.configure(addresses: "managed", services: services.yaml)
    try report.measure("start, to healthy", name) {
      try daemon.start()
      try daemon.waitUntilHealthy()
    }
    try storm(name, servers, services, daemon, &report)
    report.measure("stop", name) { daemon.stop() }
  }

  private func storm(
    _ name: String,
    _ servers: [IPAddress],
    _ services: BenchServices,
    _ daemon: BenchDaemon,
    _ report: inout ControlReport
  ) throws {
    let client = daemon.client
    let traffic = try BenchTraffic(to: services.vips(atMost: 400))
    try traffic.waitForPacket()
    traffic.watch(former: 0x0200_0000_0001)
    let questions = Questions(client, services.services[0].key)
    let before = try blocking { try await client.status(of: services.services[0].key) }
    let start = monotonicNanoseconds()
    try BenchNamespace.ip(servers.map { neighbour($0, Self.later) })
    report.add("next hops changed by ip", "ms", name, Double(monotonicNanoseconds() - start) / 1e6)
    // Waits until no packet has gone to an old next hop for half a second.
    while monotonicNanoseconds() < max(traffic.lastToFormer, start) + 500_000_000 { usleep(10_000) }
    report.add("last packet to a former next hop", "ms", name, Double(traffic.lastToFormer - start) / 1e6)
    report.add("slowest answer meanwhile", "ms", name, questions.end())
    traffic.end()
    let after = try blocking { try await client.status(of: services.services[0].key) }
    report.add("generations", "", name, Double(after.generation - before.generation))
    let (sent, received) = traffic.counts
    report.add("packets sent", "", name, Double(sent))
    report.add("packets lost", "", name, Double(sent - received))
  }

  private func neighbour(_ address: IPAddress, _ mac: String) -> String {
    "neigh replace \(address) lladdr \(mac) dev d0 nud permanent"
  }

  private static func onSegment(_ number: Int) -> IPAddress { IPAddress(10, 32, UInt8(number >> 8 & 255), UInt8(number & 255)) }
}

/// Requests the status of one service repeatedly.
private final class Questions: Sendable {
  private let isOver = Atomic<Bool>(false)
  private let slowest = Atomic<UInt64>(0)
  private let ended = DispatchSemaphore(value: 0)

  init(_ client: ControlClient, _ service: ServiceKey) {
    Thread.detachNewThread { [self] in
      while !isOver.load(ordering: .relaxed) {
        let start = monotonicNanoseconds()
        // A failed call counts as the slowest possible.
        let isAnswered = (try? blocking { try await client.statusText(of: service) }) != nil
        slowest.max(isAnswered ? monotonicNanoseconds() - start : .max, ordering: .relaxed)
        usleep(10_000)
      }
      ended.signal()
    }
  }

  /// Returns milliseconds.
  func end() -> Double {
    isOver.store(true, ordering: .relaxed)
    ended.wait()
    return Double(slowest.load(ordering: .relaxed)) / 1e6
  }
}
