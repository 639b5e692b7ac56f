import ABI
import Forwarding
import PlainDirector
import Testing

@testable import Model
@testable import Reconciler

@Suite struct FlowListTests {
  private static let other = ServiceKey(.udp, IPAddress(10, 0, 0, 100), port: 0)

  private func director() async throws -> PlainDirector {
    let plain = try PlainDirector()
    let servers = [RealServer(Sample.first), RealServer(Sample.second)]
    _ = try await plain.director.apply(
      try ServiceTable(services: [
        VirtualService(Sample.web, ringSize: 251, servers: servers), VirtualService(Self.other, ringSize: 251, servers: servers),
      ])
    )
    return plain
  }

  /// As a worker writes a flow of the client with this last number.
  private func add(
    _ plain: PlainDirector,
    _ client: UInt8,
    to server: Int,
    of service: UInt16 = 0,
    worker: Int = 0,
    port: UInt16 = 80,
    seen: UInt32 = 990
  ) {
    let flows = plain.flows[worker]
    let address = IPAddress(192, 0, 2, client).words
    let ports = UInt32(UInt16(40000).bigEndian) | UInt32(port.bigEndian) << 16
    let number = service == 0 ? Sample.web : Self.other
    let hash = FlowHash.of(
      plain.memory.inForce().half,
      source: address,
      destination: number.address.words,
      ports: ports,
      protocol: number.protocol.rawValue
    )
    guard let place = (0..<4).map({ flows.bucket(hash) + $0 }).first(where: { $0.pointee.tag == 0 }) else { return }
    let state = service == 0 ? SLUICE_STATE_ESTABLISHED : SLUICE_STATE_UDP
    place.pointee = sluice_flow(
      tag: hash,
      server: UInt32(server),
      incarnation: 0,
      state: UInt16(state),
      confirmed: true,
      seen: seen
    )
    flows.write(
      Connection(
        client: (address.high.bigEndian, address.low.bigEndian),
        ports: ports,
        service: service,
        isIPv6: false
      ),
      of: place
    )
  }

  @Test func `a flow is told with its client, destination, server, state and times`() async throws {
    let plain = try await director()
    add(plain, 1, to: 1, worker: 1)
    let list = plain.director.flows(FlowFilter())
    #expect(
      list.flows == [
        FlowRecord(
          protocol: .tcp,
          client: Endpoint(address: IPAddress(192, 0, 2, 1), port: 40000),
          destination: Endpoint(address: Sample.web.address, port: 80),
          server: Sample.second,
          state: "established",
          confirmed: true,
          age: 10,
          expires: 890,
          worker: 1
        )
      ]
    )
    #expect(!list.truncated)
  }

  @Test func `filters name a service, a server or a client, and the destination of a service of any port is the client's`()
    async throws
  {
    let plain = try await director()
    for client in UInt8(1)...4 { add(plain, client, to: Int(client) % 2) }
    // The second service's servers have the indices after the first's.
    add(plain, 5, to: 2, of: 1, port: 5353)
    let all = plain.director.flows(FlowFilter())
    #expect(all.flows.count == 5)
    #expect(plain.director.flows(FlowFilter(service: Self.other)).flows.map(\.destination.port) == [5353])
    #expect(plain.director.flows(FlowFilter(server: Sample.first)).flows.count == 3)
    #expect(
      plain.director.flows(FlowFilter(client: IPAddress(192, 0, 2, 3))).flows.map(\.client.address) == [IPAddress(192, 0, 2, 3)]
    )
    let two = plain.director.flows(FlowFilter(limit: 2))
    #expect(two.flows.count == 2 && two.truncated)
    #expect(!plain.director.flows(FlowFilter(limit: 5)).truncated)
  }

  @Test func `what is over or of a removed service is not listed, a removed server is said to be`() async throws {
    let plain = try await director()
    add(plain, 1, to: 0)
    add(plain, 2, to: 1, seen: 99)
    add(plain, 3, to: 2, of: 1)
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.second)))
    let list = plain.director.flows(FlowFilter())
    #expect(list.flows.map(\.client.address) == [IPAddress(192, 0, 2, 1)])
    #expect(list.flows.map(\.server) == [nil])
    // Another service at the same index is not taken for the former one.
    _ = try await plain.director.apply(
      try ServiceTable(services: Sample.table(RealServer(Sample.second)).services + [VirtualService(Self.other, ringSize: 251)])
    )
    #expect(plain.director.flows(FlowFilter(service: Self.other)).flows.isEmpty)
  }
}
