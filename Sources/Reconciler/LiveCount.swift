import ABI
import Forwarding

/// Current flows of a real server: what `ipvsadm -L` calls ActiveConn and InActConn.
///
/// The counts are IPVS's: active are the TCP flows of `tcp_state_active_table` (ip_vs_proto_tcp.c: a SYN seen, or established), inactive all
/// others. UDP is inactive: IPVS binds every connection with IP_VS_CONN_F_INACTIVE (ip_vs_ctl.c, `__ip_vs_update_dest`), and only TCP and
/// SCTP transitions take the flag away.
package struct LiveCount: Equatable, Sendable {
  package var active = 0
  package var inactive = 0
  /// Clients that are remembered by a service with persistence (PersistConn). One whose flows arrive at several workers counts at each.
  package var persistent = 0

  package init(active: Int = 0, inactive: Int = 0, persistent: Int = 0) {
    self.active = active
    self.inactive = inactive
    self.persistent = persistent
  }

  /// The sum over all workers at one moment; each worker keeps its own counts.
  init(at index: Int, incarnation: UInt16, _ counters: [Counters]) {
    for worker in counters where index < worker.serverCapacity {
      for state in 1..<Int(SLUICE_STATES) {
        let count = worker.loads[index].count(state: state, incarnation: incarnation)
        if [SLUICE_STATE_SYN_RECEIVED, SLUICE_STATE_ESTABLISHED, SLUICE_STATE_OPENED].contains(state) {
          active += count
        } else if Int(SLUICE_STATE_CLIENT) == state {
          persistent += count
        } else {
          inactive += count
        }
      }
    }
  }
}
