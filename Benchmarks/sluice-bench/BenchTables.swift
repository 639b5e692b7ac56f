import Model
import Reconciler
import Forwarding

/// Tables as the director builds them: 64 virtual services, each with the same real servers in a ring of 65537 slots.
struct BenchTables: ~Copyable {
  private let memory: TableMemory
  let tables: Tables
  let serverCapacity: Int

  init(servers: Int, way: BenchMethod) throws {
    serverCapacity = servers * Scenario.services
    memory = .allocate(TableCapacity(slots: 4096, services: 64, servers: serverCapacity, ringSlots: 10 << 20))
    let addresses = try (0..<servers).map { try way.server($0) }
    let services = try (0..<Scenario.services).map { number in
      VirtualService(
        ServiceKey(.tcp, try way.vip(number), port: 80),
        ringSize: 65537,
        servers: addresses.map { RealServer($0, method: way.method, tunnel: way.tunnel) }
      )
    }
    var writer = TableWriter(memory)
    try writer.publish(
      ServiceTable(services: services),
      Dictionary(uniqueKeysWithValues: try addresses.enumerated().map { ($1, try way.nextHop($0)) })
    )
    tables = memory.inForce()
  }

  deinit { memory.free() }
}

enum BenchFailure: Error, CustomStringConvertible {
  case address
  case noMemory(bytes: Int)
  case notForwarded(forwarded: Int, packets: Int)
  case otherwise(feature: String, outcome: String, packets: Int)
  case twinDiffers(flows: Int)

  var description: String {
    switch self {
    case .address: "the benchmark's own addresses are wrong"
    case .noMemory(let bytes): "no memory for \(bytes >> 20) MiB of frames: free some, or measure --arena warm only"
    case .twinDiffers(let flows):
      "the C twin wrote other frames than the director (\(flows) flows): the two don't do the same work"
    case .otherwise(let feature, let outcome, let packets):
      "\(packets) packets of '\(feature)' were not \(outcome): what was measured is something else"
    case .notForwarded(let forwarded, let packets):
      "\(packets - forwarded) of \(packets) packets were not forwarded: what was measured is not forwarding"
    }
  }
}
