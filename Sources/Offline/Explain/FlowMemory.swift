import ABI
import Configuration
import Forwarding
import Model
import Reconciler

/// What one worker remembers of a flow at this moment.
struct FlowMemory {
  let worker: Int
  let entry: sluice_flow
  /// Seconds since its last packet.
  let age: UInt32
  let timeout: UInt32
  /// Not yet forgotten.
  let isLive: Bool
  /// Whether its server is still the one it was begun with.
  let isPresent: Bool
  private let server: IPAddress?

  /// Nil when it remembers nothing.
  init?(_ hash: UInt64, worker: Int, _ flows: FlowTable, _ tables: Tables, now: UInt32) {
    // Copied once: the worker goes on writing.
    guard let entry = flows.peek(hash) else { return nil }
    self.worker = worker
    self.entry = entry
    // The worker may have stamped it after `now` was read.
    age = now >= entry.seen ? now - entry.seen : 0
    isLive = !entry.isExpired(now: max(now, entry.seen), tables.half)
    let seconds = tables.half.pointee.timeouts
    let limits = [seconds.0, seconds.1, seconds.2, seconds.3, seconds.4, seconds.5]
    timeout = limits.indices.contains(Int(entry.state)) ? limits[Int(entry.state)] : seconds.0
    let known = Int(entry.server) < Int(tables.half.pointee.server_limit) ? tables.servers[Int(entry.server)] : sluice_server()
    let isSame = known.incarnation == entry.incarnation
    isPresent = known.isPresent && isSame
    server = isSame ? IPAddress(known.address) : nil
  }

  /// - Parameter counts: whether it decides.
  func explained(counts: Bool) -> Explanation.Entry {
    Explanation.Entry(
      worker: worker,
      state: Self.name(entry.state),
      confirmed: entry.isConfirmed,
      age: age,
      timeout: timeout,
      server: server,
      counts: counts,
      fault: counts
        ? nil
        : !isLive
          ? "silent for longer than the \(timeout) s of its state: forgotten"
          : !isPresent ? "its server was removed" : "another worker saw the flow later"
    )
  }

  /// As the timeouts are called in a configuration.
  private static func name(_ state: UInt16) -> String {
    switch Int(state) {
    case SLUICE_STATE_SYN_RECEIVED: "syn-received"
    case SLUICE_STATE_ESTABLISHED: "established"
    case SLUICE_STATE_FIN_WAIT: "fin-wait"
    case SLUICE_STATE_CLOSE: "close"
    case SLUICE_STATE_UDP: "udp"
    default: "none"
    }
  }
}
