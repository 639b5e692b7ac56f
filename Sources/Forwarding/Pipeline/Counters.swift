import ABI
import Packet

/// Packets and bytes one worker sent to one real server, and the flows it began there.
package struct ServerCounters {
  package var packets: UInt64 = 0
  /// Bytes of IP, headers included, as LVS counts them.
  package var bytes: UInt64 = 0
  package var connections: UInt64 = 0
  /// Packets given an identification of their own in an outer header; counted at the tunnel's index, see `sluice_server.tunnel`.
  package var identification: UInt64 = 0
}

/// One worker's counters. The worker alone writes, with plain stores; anybody may read at any time and sees each value a moment old.
// Sendable because of that rule; read-modify-write atomics were rejected: they cost more than the packet's hash.
package struct Counters: @unchecked Sendable {
  /// By `Outcome.rawValue`.
  package let outcomes: UnsafeMutablePointer<UInt64>
  package let received: UnsafeMutablePointer<UInt64>
  /// New flows that found no free entry and go by the hash alone. Nonzero means the flow table is too small for the traffic.
  package let flowTableFull: UnsafeMutablePointer<UInt64>
  /// Frames held at this moment, waiting for the first fragment of their datagram. Not a sum: it goes up and down.
  package let held: UnsafeMutablePointer<UInt64>
  /// By index into the servers table.
  package let servers: UnsafeMutablePointer<ServerCounters>
  package let serverCapacity: Int

  /// Zeroed memory, never given back: a worker's counters live as long as the process.
  package static func allocate(serverCapacity: Int) -> Counters {
    let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 64)
    words.initialize(repeating: 0, count: 64)
    let servers = UnsafeMutablePointer<ServerCounters>.allocate(capacity: serverCapacity)
    servers.initialize(repeating: ServerCounters(), count: serverCapacity)
    return Counters(
      outcomes: words + 8,
      received: words,
      flowTableFull: words + 1,
      held: words + 2,
      servers: servers,
      serverCapacity: serverCapacity
    )
  }
}
