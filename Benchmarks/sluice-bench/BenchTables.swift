import Control
import Forwarding

/// Tables as the director builds them: 64 virtual services, each with the same real servers in a ring of 65537 slots.
struct BenchTables: ~Copyable {
  private let memory: TableMemory
  let tables: Tables
  let serverCapacity: Int

  init(servers: Int, method: ForwardingMethod) throws {
    let addresses = (0..<servers).map { IPAddress(10, 64, UInt8($0 >> 8), UInt8($0 & 255)) }
    let services = (0..<Scenario.services).map { number in
      VirtualService(
        ServiceKey(.tcp, Self.vip(number), port: 80),
        servers: addresses.map { RealServer($0, method: method) }
      )
    }
    serverCapacity = servers * Scenario.services
    memory = .allocate(TableCapacity(slots: 4096, services: 64, servers: serverCapacity, ringSlots: 5 << 20))
    let builder = TableBuilder(
      table: try ServiceTable(services: services),
      generation: 1,
      nextHops: Dictionary(uniqueKeysWithValues: try addresses.enumerated().map { ($1, try Self.nextHop($0)) })
    )
    try builder.build(into: memory)
    // The half that was idle: nobody flips it here.
    tables = memory.half(1)
  }

  deinit { memory.free() }

  static func vip(_ number: Int) -> IPAddress { IPAddress(10, 0, 0, UInt8(100 + number)) }

  private static func nextHop(_ number: Int) throws -> NextHop {
    guard let mac = MACAddress(bytes: [2, 0, 0, 1, UInt8(number >> 8), UInt8(number & 255)]),
      let own = MACAddress(bytes: [2, 0, 0, 0, 0, 1])
    else { throw BenchFailure.macAddress }
    return NextHop(egress: 0, sourceMAC: own, nextHopMAC: mac, mtu: 1500, source: IPAddress(10, 0, 0, 1))
  }
}

enum BenchFailure: Error, CustomStringConvertible {
  case macAddress
  case noMemory(bytes: Int)
  case notForwarded(forwarded: Int, packets: Int)
  case twinDiffers(flows: Int)

  var description: String {
    switch self {
    case .macAddress: "the benchmark's own MAC addresses are wrong"
    case .noMemory(let bytes): "no memory for \(bytes >> 20) MiB of frames: free some, or measure --arena warm only"
    case .twinDiffers(let flows):
      "the C twin wrote other frames than the director (\(flows) flows): the two don't do the same work"
    case .notForwarded(let forwarded, let packets):
      "\(packets - forwarded) of \(packets) packets were not forwarded: what was measured is not forwarding"
    }
  }
}
