import ABI
import Forwarding
import Model
import Netlink

/// How many flows each real server has right now: what `ipvsadm -L` calls ActiveConn and InActConn.
///
/// The counts are IPVS's: active are the TCP flows of `tcp_state_active_table` (ip_vs_proto_tcp.c: a SYN seen, or established), inactive all
/// others. UDP is inactive: IPVS binds every connection with IP_VS_CONN_F_INACTIVE (ip_vs_ctl.c, `__ip_vs_update_dest`), and only TCP and
/// SCTP transitions take the flag away.
///
/// Counted by looking at every entry when somebody asks. Counters kept by the workers were rejected: entries expire without anybody looking
/// at them, so such a counter would need a sweep of its own.
package struct FlowCounts: Sendable {
  package struct Count: Equatable, Sendable {
    package var active = 0
    package var inactive = 0
  }

  /// By index into the servers table.
  private let counts: [Count]

  /// Takes the flows of the servers of `half`; an entry of a server that is gone, or of the one that had its index before, counts for nobody.
  ///
  /// The workers go on writing meanwhile, so each entry is a moment's picture. About 5 ms for a million entries.
  /// - Parameter now: seconds of CLOCK_MONOTONIC, the workers' clock.
  package init(_ tables: [FlowTable], of half: Tables, now: UInt32) {
    let limit = Int(half.half.pointee.server_limit)
    var counts = [Count](repeating: Count(), count: limit)
    let incarnations = (0..<limit).map { half.servers[$0].isPresent ? Int(half.servers[$0].incarnation & 0xfff) : -1 }
    counts.withUnsafeMutableBufferPointer { counts in
      for table in tables {
        let buckets = Int(table.mask) + 1
        let entries = UnsafeMutableRawPointer(table.buckets).assumingMemoryBound(to: sluice_flow.self)
        for index in 0..<buckets * 4 {
          let entry = entries[index]
          guard entry.tag != 0, Int(entry.server) < limit, incarnations[Int(entry.server)] == Int(entry.incarnation) else {
            continue
          }
          // A worker may have stamped the entry after `now` was read: the wrapped age would look like a century of silence.
          let age = now >= entry.seen ? now - entry.seen : 0
          if entry.isExpired(age: age, half.half) { continue }
          if Self.isActive(state: entry.state) {
            counts[Int(entry.server)].active += 1
          } else {
            counts[Int(entry.server)].inactive += 1
          }
        }
      }
    }
    self.counts = counts
  }

  package subscript(server index: Int) -> Count { counts.indices.contains(index) ? counts[index] : Count() }

  private static func isActive(state: UInt16) -> Bool {
    state == UInt16(SLUICE_STATE_SYN_RECEIVED) || state == UInt16(SLUICE_STATE_ESTABLISHED)
  }
}
