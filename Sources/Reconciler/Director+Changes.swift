import ABI
import Forwarding
import Model
import Netlink

/// What a change did, or would do.
package struct Applied: Codable, Equatable, Sendable {
  /// Of the tables that hold the change; those in force when there was nothing to change, or on a dry run.
  package var generation: UInt64
  package var dryRun: Bool
  package var changes: [ConfigurationChange]

  package enum CodingKeys: String, CodingKey {
    case generation, changes
    case dryRun = "dry-run"
  }
}

extension Director {
  /// Makes the table as wanted, whole or not at all.
  package func apply(_ wanted: ServiceTable, dryRun: Bool = false) async throws -> Applied {
    try await edit(dryRun: dryRun) { table throws(ServiceTableError) in table = wanted }
  }

  /// Carries out one change and answers once it is live everywhere. On an error everything is as it was.
  package func edit(
    dryRun: Bool = false,
    _ change: @Sendable (inout ServiceTable) throws(ServiceTableError) -> Void
  ) async throws -> Applied {
    try await inTurn {
      var wanted = table
      try change(&wanted)
      let changes = ServiceTable.difference(from: table, to: wanted)
      let isNeeded = !hasPublished || !changes.isEmpty
      guard isNeeded, !dryRun else {
        if !dryRun { table = wanted }
        return Applied(generation: generation, dryRun: dryRun, changes: changes)
      }
      // Those that are known already are kept fresh by `refreshNextHops`.
      let addresses = Self.serverAddresses(of: wanted)
      let news = await settings.resolve(addresses.filter { ways[$0] == nil })
      let known = ways.filter { addresses.contains($0.key) }
      try await publish(wanted, known.merging(news) { _, new in new })
      return Applied(generation: generation, dryRun: false, changes: changes)
    }
  }

  /// Asks for every real server's next hop again, for when routes, neighbours or links have changed. Publishes only if a packet would go
  /// another way.
  /// - Returns: whether it published.
  @discardableResult
  package func refreshNextHops() async throws -> Bool {
    try await inTurn {
      let heard = await settings.resolve(Array(Self.serverAddresses(of: table)))
      if !hasPublished || heard.mapValues({ try? $0.get() }) == ways.mapValues({ try? $0.get() }) {
        // Only the reasons may differ.
        ways = heard
        return false
      }
      try await publish(table, heard)
      return true
    }
  }

  private func publish(_ wanted: ServiceTable, _ heard: Ways) async throws {
    let builder = TableBuilder(
      table: wanted,
      hashKey: settings.hashKey,
      timeouts: settings.timeouts,
      generation: generation + 1,
      nextHops: heard.compactMapValues { try? $0.get() }
    )
    let built = try builder.build(into: memory)
    let entries = baselines.entries(of: built, memory.half(1 - Int(memory.root.pointee.active & 1)))
    try settings.flip(memory)
    table = wanted
    ways = heard
    hasPublished = true
    baselines.follow(built, entries)
    await settings.published(wanted)
  }

  private static func serverAddresses(of table: ServiceTable) -> Set<IPAddress> {
    Set(table.services.flatMap { $0.everyServer.map(\.address) })
  }

  /// One change after the other, first come, first served. Being an actor is not enough: while one change waits for the kernel's answer, the
  /// next would start from the table before it.
  private func inTurn<Value: Sendable>(_ change: () async throws -> Value) async throws -> Value {
    if isChanging { await withCheckedContinuation { waiting.append($0) } }
    isChanging = true
    defer {
      // Handed on without a gap in which a newcomer could get in between.
      if waiting.isEmpty { isChanging = false } else { waiting.removeFirst().resume() }
    }
    return try await change()
  }
}
