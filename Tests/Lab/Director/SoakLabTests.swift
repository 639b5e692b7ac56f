import API
import Foundation
import Model
import Offline
import Reconciler
import Testing

/// Nothing grows with the number of commands, changes or packets. Not in `DirectorLab`, because of its time limit.
///
/// Forty seconds by default. The long form has ten minutes: `Tools/test --long`, or `SLUICE_SOAK_SECONDS=600`.
@Suite(.serialized, .enabled(if: Laboratory.isRoot, Laboratory.excuse), .timeLimit(.minutes(Int(Soak.seconds) / 60 + 2)))
struct SoakTests {
  /// A leak of 40 MB in 300 seconds is 2 MB between the middles of the halves of the short form.
  private static let residentTolerance = 1536

  @Test(
    "Under load, with changes and every report in a loop, memory, descriptors and threads stay as they are, and no request fails"
  )
  func soak() async throws {
    // One queue: veth chooses a queue by the hash of the sender's socket, and Linux changes that after a retransmission. With several, a
    // connection would change its worker, which knows nothing of it and uses the new weights.
    let lab = try Laboratory()
    try Soak.fillEvents(of: lab)
    let daemon = try lab.direct(.usual)
    defer { daemon.signal(SIGTERM) }
    let seconds = Soak.seconds
    // Connections that last, flows of datagrams that last, and new connections throughout. The pauses leave half of the machine idle.
    let lasting = try lab.http(
      ["--seconds", "\(seconds)", "--per-connection", "1000000", "--at-once", "10", "--pause", "0.2"],
      within: seconds + 30
    )
    // A busy machine may keep an answer back for more than a second.
    let datagrams = try lab.udp(
      ["--flows", "100", "--per-flow", "\(Int(seconds))", "--pause", "0.8", "--wait", "5"],
      within: seconds + 60
    )
    let churn = Churn(lab)
    // None of the lasting connections is on the server that comes and goes: they begin before it.
    #expect(try await holds(within: 10) { try await churn.connections() == 10 })
    let new = try lab.http(
      ["--seconds", "\(seconds)", "--per-connection", "10", "--at-once", "8", "--pause", "0.02"],
      within: seconds + 30
    )
    let began = ContinuousClock.now
    var halves: [[ProcessUsage]] = [[], []]
    while true {
      let share = (ContinuousClock.now - began) / .seconds(seconds)
      if share >= 1 { break }
      try await churn.change()
      try await churn.ask()
      // A quarter of the time is the warm-up. A moment without a command: the connection of the last one is closed.
      try await Task.sleep(for: .milliseconds(20))
      if share >= 0.25 { halves[share < 0.625 ? 0 : 1].append(try ProcessUsage(of: daemon.pid)) }
    }

    let (first, second) = (try Soak.Levels(halves[0]), try Soak.Levels(halves[1]))
    print(
      "soak of \(Int(seconds)) s, \(churn.changes) changes, \(churn.explanations) explanations; first half: \(first); second: \(second)"
    )
    #expect(second.resident <= first.resident + Self.residentTolerance, "first half: \(first); second: \(second)")
    #expect(second.descriptors <= first.descriptors, "first half: \(first); second: \(second)")
    #expect(second.threads <= first.threads, "first half: \(first); second: \(second)")

    let events = try lab.operate("events")
    for traffic in [new, lasting] {
      let result = try traffic.result()
      #expect(result.failed == 0, "\(result.errors), \(events)")
      #expect(result.requests > Int(seconds) * 10)
    }
    let answered = try datagrams.result()
    #expect(answered.lost == 0 && answered.moved == 0 && answered.foreign == 0, "\(answered), \(events)")
    #expect(daemon.isRunning, "\(daemon.errors.suffix(2000))")
  }
}

private enum Soak {
  /// The daemon remembers as many events as it ever does, from its start: otherwise they alone would take more memory all the time.
  static func fillEvents(of lab: Laboratory) throws {
    let text = String(repeating: "an event of an earlier daemon, as long as others are; ", count: 3)
    let lines = (1...EventLog.capacity).map { #"{"kind":"edit","number":\#($0),"text":"\#(text)","time":1700000000}"# + "\n" }
    try Data(lines.joined().utf8).write(to: URL(filePath: lab.socket + ".events"))
  }

  static let seconds = ProcessInfo.processInfo.environment["SLUICE_SOAK_SECONDS"].flatMap { Double($0) } ?? 40

  /// What the daemon held in one half of the time.
  struct Levels: CustomStringConvertible {
    /// The median in KiB.
    let resident: Int
    /// The least: a command's own connection is not a leak.
    let descriptors: Int
    let threads: Int
    private let samples: Int

    init(_ usage: [ProcessUsage]) throws {
      guard let resident = usage.median(of: \.residentKibibytes), let descriptors = usage.map(\.descriptors).min(),
        let threads = usage.map(\.threads).min()
      else { throw LabFailure("no sample in one half of the time") }
      (self.resident, self.descriptors, self.threads, samples) = (resident, descriptors, threads, usage.count)
    }

    var description: String { "\(resident) KiB resident, \(descriptors) descriptors, \(threads) threads (\(samples) samples)" }
  }
}

/// An operator who changes something and asks for every report, again and again.
private final class Churn {
  private let lab: Laboratory
  private let client: ControlClient
  private let http: ServiceKey
  private let echo: ServiceKey
  private let spare: IPAddress
  private(set) var changes = 0
  private(set) var explanations = 0

  init(_ lab: Laboratory) {
    self.lab = lab
    client = ControlClient(path: lab.socket)
    http = ServiceKey(.tcp, IPAddress(10, 9, 0, 100), port: 80)
    echo = ServiceKey(.udp, IPAddress(10, 9, 0, 100), port: 53)
    spare = IPAddress(10, 9, 0, 14)
  }

  /// HTTP connections at this moment.
  func connections() async throws -> Int { try await client.status(of: http).services.reduce(0) { $0 + $1.active } }

  /// Ten steps that end where they began: only weights differ.
  func change() async throws {
    let weight = ServerSettings(weight: 1 + changes / 10 % 7)
    switch changes % 10 {
    case 0, 5: _ = try await client.set(ServerAddress(IPAddress(10, 9, 0, 12)), of: http, to: weight)
    case 1, 6: _ = try await client.set(ServerAddress(IPAddress(10, 9, 0, 11)), of: echo, to: weight)
    case 2: _ = try await client.add(RealServer(spare, weight: 2), to: http)
    case 3: for number in 0..<20 { _ = try await client.add(service(number)) }
    case 4: try lab.output(.director, "ip", "neigh", "flush", "all")
    case 7: _ = try await client.set(ServerAddress(spare), of: http, to: ServerSettings(weight: 0))
    case 8: for number in 0..<20 { _ = try await client.remove(service(number).key) }
    default: try await removeSpare()
    }
    changes += 1
  }

  func ask() async throws {
    for number in 0..<5 {
      let port = UInt16(20_000 + (explanations + number) % 20_000)
      for key in [http, echo] {
        let source = Endpoint(address: IPAddress(10, 9, 0, 10), port: port)
        guard let transport = key.protocol.transport, let flow = FlowTuple(transport, from: source, to: key.endpoint) else {
          continue
        }
        _ = try await client.explain(flow)
      }
    }
    explanations += 10
    _ = try await client.status()
    _ = try await client.statusText()
    _ = try await client.statistics()
    _ = try await client.flows(FlowFilter(service: http))
    _ = try await client.flowsText(FlowFilter())
    _ = try await client.events()
    _ = try await client.servicesText()
  }

  /// Removes the drained server, once its connections have ended: ten requests with pauses each.
  private func removeSpare() async throws {
    let isIdle = try await holds(within: 10) {
      try await client.status(of: http).services.first?.servers.first { $0.address.address == spare }?.active == 0
    }
    if !isIdle {
      let flows = try await client.flowsText(FlowFilter(server: spare))
      Issue.record(
        "connections of the drained server have not ended:\n\(flows)\n\(try lab.operate("status"))\(try lab.operate("events"))"
      )
    }
    _ = try await client.remove(ServerAddress(spare), of: http)
  }

  private func service(_ number: Int) -> VirtualService {
    let key = ServiceKey(.tcp, IPAddress(10, 99, 0, UInt8(number + 1)), port: 443)
    return VirtualService(key, servers: [RealServer(IPAddress(10, 9, 0, 11)), RealServer(spare)])
  }
}
