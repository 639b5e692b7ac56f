import ABI

/// Names of flow states, the same as the keys of timeouts in the configuration.
package enum FlowStateName {
  package static func of(_ state: UInt16) -> String {
    switch Int(state) {
    case SLUICE_STATE_SYN_RECEIVED: "syn-received"
    case SLUICE_STATE_ESTABLISHED, SLUICE_STATE_OPENED: "established"
    case SLUICE_STATE_FIN_WAIT: "fin-wait"
    case SLUICE_STATE_CLOSE: "close"
    case SLUICE_STATE_UDP: "udp"
    default: "none"
    }
  }
}
