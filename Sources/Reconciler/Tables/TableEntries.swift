import ABI
import Forwarding
import Model

/// Conversions between the model's types and the structs of `Sources/ABI/tables.h`.
extension ServiceKey {
  /// The service in this entry; nil for an unused index.
  package init?(_ entry: sluice_service) {
    guard let `protocol` = ServiceProtocol(rawValue: entry.protocol), `protocol`.transport != nil else { return nil }
    self.init(`protocol`, IPAddress(entry.address), port: UInt16(bigEndian: entry.port_be))
  }
}

extension sluice_service {
  /// A service's record.
  init(_ service: VirtualService, _ layout: TableLayout.Service) {
    self.init()
    address = service.key.address.tuple
    port_be = service.key.port.bigEndian
    self.protocol = service.key.protocol.rawValue
    if service.onServerLoss == .drop { flags |= UInt8(SLUICE_SERVICE_LOSS_DROP) }
    if service.noServer == .reset { flags |= UInt8(SLUICE_SERVICE_RESET) }
    if service.flags.contains(.fallback) { flags |= UInt8(SLUICE_SERVICE_FALLBACK) }
    if service.flags.contains(.port) { flags |= UInt8(SLUICE_SERVICE_PORT) }
    if service.onePacket { flags |= UInt8(SLUICE_SERVICE_ONE_PACKET) }
    if service.servers.contains(where: { $0.upperThreshold > 0 }) { flags |= UInt8(SLUICE_SERVICE_THRESHOLDS) }
    if layout.isLive { flags |= UInt8(SLUICE_SERVICE_LIVE) }
    scheduler = service.scheduler.number
    ring_digest = layout.digest
    if let persistence = service.persistence {
      (self.persistence, netmask) = (UInt32(persistence.timeout), persistence.netmask)
    }
    if let ring = layout.ring { (ring_start, ring_size) = (UInt32(ring.start), UInt32(ring.count)) }
    if let members = layout.members { (member_start, member_count) = (UInt32(members.start), UInt32(members.count)) }
  }
}

extension sluice_owner {
  init(_ server: CompiledServer, of service: Int) {
    self.init()
    self.service = UInt32(service)
    port = server.id.port
    last_weight = UInt32(server.lastWeight)
    (upper_threshold, lower_threshold) = (UInt32(server.thresholds.upper), UInt32(server.thresholds.lower))
  }
}

extension Scheduler {
  /// SLUICE_SCHEDULER_*.
  var number: UInt8 {
    switch self {
    case .maglev: UInt8(SLUICE_SCHEDULER_MAGLEV)
    case .rr: UInt8(SLUICE_SCHEDULER_RR)
    case .wrr: UInt8(SLUICE_SCHEDULER_WRR)
    case .lc: UInt8(SLUICE_SCHEDULER_LC)
    case .wlc: UInt8(SLUICE_SCHEDULER_WLC)
    case .sed: UInt8(SLUICE_SCHEDULER_SED)
    case .nq: UInt8(SLUICE_SCHEDULER_NQ)
    case .fo: UInt8(SLUICE_SCHEDULER_FO)
    case .ovf: UInt8(SLUICE_SCHEDULER_OVF)
    case .twos: UInt8(SLUICE_SCHEDULER_TWOS)
    case .lblc: UInt8(SLUICE_SCHEDULER_LBLC)
    case .lblcr: UInt8(SLUICE_SCHEDULER_LBLCR)
    case .mh: UInt8(SLUICE_SCHEDULER_MH)
    case .sh: UInt8(SLUICE_SCHEDULER_SH)
    case .dh: UInt8(SLUICE_SCHEDULER_DH)
    }
  }
}

extension sluice_server {
  package var isPresent: Bool { flags & UInt8(SLUICE_SERVER_PRESENT) != 0 }

  /// Whether it has slots of its service's ring.
  package var isOnRing: Bool {
    let wanted = UInt8(SLUICE_SERVER_PRESENT | SLUICE_SERVER_RESOLVED)
    return flags & wanted == wanted && weight > 0
  }

  /// The prefix from which each flow's outer source address is chosen.
  package var entropy: AddressPrefix? {
    source_prefix == 0 ? nil : AddressPrefix(IPAddress(tunnel_source), length: Int(source_prefix))
  }

  /// VLAN tags of the path to it, outer first.
  package var vlanTags: [VLANTag] {
    let kinds = [SLUICE_SERVER_OUTER_8021AD, SLUICE_SERVER_INNER_8021AD].map { flags & UInt8($0) != 0 }
    return zip([tags.0, tags.1], kinds).map { VLANTag($0 & 0xfff, isProvider: $1) }
      .prefix(Int(flags >> UInt8(SLUICE_SERVER_TAGS_SHIFT))).map(\.self)
  }

}

extension sluice_server {
  /// - Parameters:
  ///   - weight: the effective weight.
  ///   - isLost: its flows follow the service's loss policy, as if the server had been removed.
  package init(_ server: RealServer, weight: Int, incarnation: UInt16, nextHop: NextHop?, isLost: Bool = false) {
    self.init()
    self.incarnation = incarnation
    address = server.address.tuple
    self.weight = UInt16(weight)
    method = server.method.number
    tunnel_port_be = UInt16(server.tunnel.port ?? 0).bigEndian
    flags = (isLost ? 0 : UInt8(SLUICE_SERVER_PRESENT)) | (server.address.isIPv4 ? 0 : UInt8(SLUICE_SERVER_IPV6))
    if server.tunnel.checksum == true { flags |= UInt8(SLUICE_SERVER_CHECKSUM) }
    // A next hop that the tables cannot express counts as unknown.
    guard let nextHop, nextHop.tags.count <= 2, 0..<Int(SLUICE_INTERFACES) ~= nextHop.egress else { return }
    flags |= UInt8(SLUICE_SERVER_RESOLVED)
    egress = UInt8(nextHop.egress)
    source_mac = nextHop.sourceMAC.tuple
    next_hop_mac = nextHop.nextHopMAC.tuple
    mtu = UInt16(clamping: nextHop.mtu)
    switch server.tunnel.source {
    case nil, .interface: tunnel_source = nextHop.source.tuple
    case .address(let address): tunnel_source = address.tuple
    case .prefix(let prefix):
      tunnel_source = prefix.address.tuple
      // Counted in bits of the address family, as operators write it.
      source_prefix = UInt8(prefix.length)
    }
    flags |= UInt8(nextHop.tags.count * Int(SLUICE_SERVER_TAGS))
    for (tag, flag) in zip(nextHop.tags, [SLUICE_SERVER_OUTER_8021AD, SLUICE_SERVER_INNER_8021AD]) where tag.isProvider {
      flags |= UInt8(flag)
    }
    // With priority 0 the TCI equals the VLAN id.
    tags = (nextHop.tags.first?.id ?? 0, nextHop.tags.dropFirst().first?.id ?? 0)
  }
}

extension ForwardingMethod {
  fileprivate var number: UInt8 {
    switch self {
    case .direct: UInt8(SLUICE_DIRECT)
    case .ipip: UInt8(SLUICE_IPIP)
    case .gue: UInt8(SLUICE_GUE)
    case .gre: UInt8(SLUICE_GRE)
    // It has no next hop, so no packet asks for its method.
    case .masquerade: UInt8(SLUICE_DIRECT)
    }
  }
}
