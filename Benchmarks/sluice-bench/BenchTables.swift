import Forwarding
import Model
import Reconciler

/// Tables built by the director's code: 64 virtual services, each with the same real servers in a ring of 65537 slots.
struct BenchTables: ~Copyable {
  private let memory: TableMemory
  let tables: Tables
  let serverCapacity: Int

  init(servers: Int, method: BenchMethod, configure: (inout VirtualService) -> Void = { _ in }) throws {
    serverCapacity = servers * Scenario.services
    memory = .allocate(TableCapacity(slots: 4096, services: 64, servers: serverCapacity, ringSlots: 10 << 20))
    let addresses = try (0..<servers).map { try method.server($0) }
    let services = try (0..<Scenario.services).map { number in
      var service = VirtualService(
        ServiceKey(.tcp, try method.vip(number), port: 80),
        ringSize: 65537,
        servers: addresses.map { RealServer($0, method: method.forwarding, tunnel: method.tunnel) }
      )
      configure(&service)
      return service
    }
    var writer = TableWriter(memory)
    try writer.publish(
      ServiceTable(services: services),
      Dictionary(uniqueKeysWithValues: try addresses.enumerated().map { ($1, try method.nextHop($0)) })
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
    case .address: "the addresses of the benchmark are invalid"
    case .noMemory(let bytes): "no memory for \(bytes >> 20) MiB of frames: free some, or use --arena warm"
    case .twinDiffers(let flows):
      "the C twin wrote other frames than the director (\(flows) flows): they don't do the same work"
    case .otherwise(let feature, let outcome, let packets):
      "\(packets) packets of '\(feature)' were not \(outcome): the measurement is invalid"
    case .notForwarded(let forwarded, let packets):
      "\(packets - forwarded) of \(packets) packets were not forwarded: the measurement is invalid"
    }
  }
}
