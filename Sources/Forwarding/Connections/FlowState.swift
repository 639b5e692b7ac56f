import ABI
import Packet

/// Connection states, derived from the client's packets alone: with direct routing and tunnels the director sees no replies. The transitions
/// are IPVS's for that case (ip_vs_proto_tcp.c, `tcp_states_dr`, INPUT-ONLY rows), without the states that only a reply can reach.
enum FlowState {
  /// The state after a packet with these TCP flags; for one that continues the conversation see `opened`. RST is checked before SYN before FIN, as in IPVS.
  @inline(__always) @_noLocks
  static func next(_ state: UInt16, transport: UInt8, flags: UInt8) -> UInt16 {
    if transport == 17 { return UInt16(SLUICE_STATE_UDP) }
    if TCPFlag.isRST(flags) { return UInt16(SLUICE_STATE_CLOSE) }
    if TCPFlag.isSYN(flags) {
      return state == SLUICE_STATE_ESTABLISHED || state == SLUICE_STATE_OPENED ? state : UInt16(SLUICE_STATE_SYN_RECEIVED)
    }
    if TCPFlag.isFIN(flags) { return UInt16(state == SLUICE_STATE_CLOSE ? SLUICE_STATE_CLOSE : SLUICE_STATE_FIN_WAIT) }
    return state == SLUICE_STATE_FIN_WAIT || state == SLUICE_STATE_CLOSE ? state : UInt16(SLUICE_STATE_ESTABLISHED)
  }

  /// Whether a TCP flow that becomes established is only opened: the packet has no data, so it may be half of a flood of pairs. Asked for
  /// every packet until one has data: once or a few times for most connections.
  @inline(__always) @_noLocks
  static func isOnlyOpened(_ frame: Frame, _ packet: borrowing ScratchPacket) -> Bool {
    // Headers without options fill it: most packets of connections whose client only acknowledges.
    if packet.networkLength <= (packet.isIPv6 ? 60 : 40) { return true }
    return hasNoData(frame, packet)
  }

  @inline(never) @_noLocks
  private static func hasNoData(_ frame: Frame, _ packet: borrowing ScratchPacket) -> Bool {
    let transport = Connection.transport(frame.bytes + Int(packet.network), packet)
    let header = Int((frame.bytes + Int(packet.network) + transport).u8(12) &>> 4) &* 4
    return transport &+ header >= Int(packet.networkLength)
  }
}
