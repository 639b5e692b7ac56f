import ABI
import Configuration
import Forwarding
import Model
import Reconciler

/// A flow's entry in the flow table of one worker, copied at this moment.
struct FlowMemory {
  let worker: Int
  let entry: sluice_flow
  /// Seconds since the last packet.
  let age: UInt32
  let timeout: UInt32
  /// Whether the entry has not expired.
  let isLive: Bool
  /// Whether the entry's server still exists, with the same incarnation.
  let isPresent: Bool
  private let server: IPAddress?

  /// Nil when the worker has no entry for the flow.
  init?(_ hash: UInt64, worker: Int, _ flows: FlowTable, _ tables: Tables, now: UInt32) {
    // Copied once: the worker keeps writing.
    guard let entry = flows.peek(hash) else { return nil }
    self.worker = worker
    self.entry = entry
    // The worker may have updated the entry after `now` was read.
    age = now >= entry.seen ? now - entry.seen : 0
    isLive = !entry.isExpired(now: max(now, entry.seen), tables.half)
    let seconds = tables.half.pointee.timeouts
    let limits = [seconds.0, seconds.1, seconds.2, seconds.3, seconds.4, seconds.5, seconds.6]
    timeout = limits.indices.contains(Int(entry.state)) ? limits[Int(entry.state)] : seconds.0
    let known = Int(entry.server) < Int(tables.half.pointee.server_limit) ? tables.servers[Int(entry.server)] : sluice_server()
    let isSame = known.incarnation == entry.incarnation
    isPresent = known.isPresent && isSame
    server = isSame ? IPAddress(known.address) : nil
  }

  /// - Parameter counts: whether this entry selects the server.
  func explained(counts: Bool) -> Explanation.Entry {
    Explanation.Entry(
      worker: worker,
      state: FlowStateName.of(entry.state),
      confirmed: entry.isConfirmed,
      age: age,
      timeout: timeout,
      server: server,
      counts: counts,
      fault: counts
        ? nil
        : !isLive
          ? "expired, no packet for more than \(timeout) s"
          : !isPresent ? "its server was removed" : "another worker saw the flow later"
    )
  }
}
