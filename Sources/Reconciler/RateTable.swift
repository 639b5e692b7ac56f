import Forwarding

/// How much traffic each server had lately, measured and averaged as by IPVS (net/netfilter/ipvs/ip_vs_est.c): every two seconds, a new value
/// counts for a quarter.
struct RateTable: Sendable {
  static let interval: Duration = .seconds(2)

  private struct Server {
    var counted = Totals()
    /// Connections, packets and bytes a second.
    var rates = (connections: 0.0, packets: 0.0, bytes: 0.0)
    /// Nothing is known of the time before.
    var isNew = true
  }

  /// By index into the servers table.
  private var servers: [Server] = []

  mutating func measure(_ counters: [Counters], servers count: Int, over seconds: Double) {
    grow(to: count)
    for index in 0..<count {
      let now = CounterBaselines.counted(at: index, counters)
      let gained = now - servers[index].counted
      servers[index].counted = now
      if servers[index].isNew {
        servers[index].isNew = false
        continue
      }
      let rates = servers[index].rates
      servers[index].rates = (
        connections: rates.connections + (Double(gained.connections) / seconds - rates.connections) / 4,
        packets: rates.packets + (Double(gained.packets) / seconds - rates.packets) / 4,
        bytes: rates.bytes + (Double(gained.bytes) / seconds - rates.bytes) / 4
      )
    }
  }

  private mutating func grow(to count: Int) {
    if servers.count < count { servers += Array(repeating: Server(), count: count - servers.count) }
  }

  /// The index belongs to another server from now on, or its figures begin anew.
  mutating func begin(_ index: Int, _ counters: [Counters]) {
    grow(to: index + 1)
    servers[index] = Server(counted: CounterBaselines.counted(at: index, counters), isNew: false)
  }

  /// Rounded; zero for what has not been measured.
  subscript(index: Int) -> Totals {
    guard index < servers.count else { return Totals() }
    let rates = servers[index].rates
    return Totals(
      packets: UInt64(rates.packets.rounded()),
      bytes: UInt64(rates.bytes.rounded()),
      connections: UInt64(rates.connections.rounded())
    )
  }
}
