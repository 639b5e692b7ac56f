import ABI
import Packet

/// What the quote of an ICMP error proves about the outer packet.
///
/// Anyone can send such an error to the outer source address, and a low MTU slows a real server's clients for ten minutes. So the quote
/// must be a packet that the director sends: nothing is stored for each packet, the outer header that this flow gets is computed again.
/// An attacker who does not know the hash key can't compute a GUE port (14 bits) or a flow label (20 bits), not even for a flow of its
/// own. IP-in-IP and GRE over IPv4 have no such field, and some routers quote only 28 bytes (RFC 792), in which the flow is not
/// visible. Refusing those would end path-MTU discovery behind such routers; so they are believed, but not below 1280, which costs
/// clients little.
///
/// Not done: a keyed identification in outer IPv4 headers with DF. RFC 6864 4.1 allows any value, and 28 bytes would show it, but the
/// packet rules have 0.
enum TunnelProof {
  /// The director has not sent this packet.
  case refuted
  /// Nothing contradicts it, but a client of the service knows, or can guess, all of it.
  case plausible
  /// It has a value that depends on the hash key.
  case keyed
}

extension Forwarder {
  /// The verdict for an ICMP error about an outer packet: its MTU is learned if it is believed.
  @inline(__always) @_noLocks
  func learnMTU(_ frame: Frame, _ packet: ScratchPacket, _ tables: Tables, now: UInt32) -> Verdict {
    let error = TunnelError(frame, packet)
    let refused = Verdict.drop(.droppedRefusedMTU, server: UInt32(truncatingIfNeeded: error.tunnel))
    // A packet that fits the reported MTU is not too big, and none exceeds the route's.
    guard error.mtu < error.length, error.mtu < Int(tables.servers[error.tunnel].mtu) else { return refused }
    let proof = proof(of: error, frame, packet, tables, now: now)
    if case .refuted = proof { return refused }
    guard error.mtu >= PathMTU.least(proof, isIPv6: error.isIPv6) else { return refused }
    tables.learn(error, now: now)
    return .drop(.droppedLearnedMTU, server: UInt32(truncatingIfNeeded: error.tunnel))
  }

  @inline(__always) @_noLocks
  private func proof(of error: TunnelError, _ frame: Frame, _ packet: ScratchPacket, _ tables: Tables, now: UInt32) -> TunnelProof
  {
    // The director sends 0 with DF; and a router fragments a packet without DF instead of reporting it.
    if !error.isIPv6, error.outer.u16(4) != 0 || error.outer.u16(6) != IPv4.dontFragment { return .refuted }
    switch error.inner(tables) {
    case .none: return .refuted
    case .beyondQuote:
      // RFC 4443 2.4 (c) requires as much of the packet as fits into 1280 bytes.
      guard !error.isIPv6 else { return .refuted }
      let server = UnsafeMutableRawPointer(tables.servers + error.tunnel)
      return isFromLink(frame, packet, server) ? .plausible : .refuted
    case .flow(let hash):
      guard let entry = liveEntry(hash, tables, now: now) else { return .refuted }
      let server = tables.servers + Int(entry.server)
      guard server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_PRESENT) != 0,
        server.pointee.incarnation == entry.incarnation, Int(server.pointee.tunnel) == error.tunnel
      else { return .refuted }
      let record = UnsafeMutableRawPointer(server)
      guard isFromLink(frame, packet, record), error.isOuter(record, hash: hash) else { return .refuted }
      return error.isIPv6 || Tunnel.isGUE(record) ? .keyed : .plausible
    }
  }
}

extension TunnelError {
  /// Whether the quoted headers are those that a flow with this hash gets on its way to this server.
  @inline(__always) @_noLocks
  func isOuter(_ server: UnsafeMutableRawPointer, hash: UInt64) -> Bool {
    guard !Tunnel.isDirect(server), Tunnel.isIPv6(server) == isIPv6 else { return false }
    switch number {
    case 17:
      guard Tunnel.isGUE(server), outer.u16(payload) == Tunnel.sourcePort(hash),
        outer.raw16(payload &+ 2) == server.raw16(SLUICE_SERVER_TUNNEL_PORT)
      else { return false }
    case 47:
      guard Tunnel.isGRE(server), (outer.u16(payload) != 0) == Tunnel.hasChecksum(server) else { return false }
    default:
      guard !Tunnel.isGUE(server), !Tunnel.isGRE(server) else { return false }
    }
    let source = OuterSource(server, hash: hash)
    guard isIPv6 else { return outer.raw32(12) == source.ipv4 }
    let label = UInt32(bigEndian: outer.raw32(0)) & 0xf_ffff
    return label == Outer.flowLabel(hash) && outer.raw64(8) == source.high && outer.raw64(16) == source.low
  }
}
