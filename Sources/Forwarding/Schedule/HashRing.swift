import ABI
import Packet

/// The hash schedulers of LVS on the packet path: `mh`, `sh` and `dh` look an address up in the service's ring.
///
/// A client whose server takes no new flows gets none, as in the kernel, unless the service has the fallback flag: then the next slots are
/// tried, at most as many as the ring has.
enum HashRing {
  /// - Parameter limits: nil: thresholds don't count.
  @inline(never) @_noLocks
  static func pick(_ frame: Frame, _ packet: borrowing ScratchPacket, _ tables: Tables, _ limits: ServerLimits?) -> UInt32 {
    let service = tables.services + Int(packet.service)
    guard service.pointee.ring_size != 0 else { return Verdict.noServer }
    let client = Subject(frame, packet, service)
    let first = slot(client, 0, service)
    let server = server(first, service, tables)
    if server == Verdict.noServer || takesFlows(server, service, tables, limits) { return server }
    guard has(service, SLUICE_SERVICE_FALLBACK), Int(service.pointee.scheduler) != SLUICE_SCHEDULER_DH else {
      return Verdict.noServer
    }
    return fallBack(client, from: first, service, tables, limits)
  }

  /// Tries slots until one has a server that takes new flows, in the kernel's order; each try is another hash. With thresholds a few hundred
  /// slots at most: other clients' connections could otherwise make each new flow search the whole ring. It is refused then.
  @inline(__always) @_noLocks
  private static func fallBack(
    _ client: Subject,
    from first: UInt32,
    _ service: UnsafeMutablePointer<sluice_service>,
    _ tables: Tables,
    _ limits: ServerLimits?
  ) -> UInt32 {
    let isLimited = limits != nil && ServerLimits.exist(service)
    let most = isLimited ? min(service.pointee.ring_size, ServerLimits.mostSlots) : service.pointee.ring_size
    var offset: UInt32 = 0
    while offset < most {
      let other = server(slot(client, (offset &+ first) % service.pointee.ring_size, service), service, tables)
      if other == Verdict.noServer || takesFlows(other, service, tables, limits) { return other }
      offset &+= 1
    }
    return Verdict.noServer
  }

  @inline(__always) @_noLocks
  private static func slot(_ client: Subject, _ offset: UInt32, _ service: UnsafeMutablePointer<sluice_service>) -> UInt32 {
    if Int(service.pointee.scheduler) == SLUICE_SCHEDULER_MH {
      return KernelMaglev.hash(address: client.address, port: client.port, offset: offset) % service.pointee.ring_size
    }
    return (offset &+ sluice_golden_hash(client.port &+ client.address)) % service.pointee.ring_size
  }

  /// The server in a slot, as an index into the servers table; `Verdict.noServer` for a free slot.
  @inline(__always) @_noLocks
  private static func server(_ slot: UInt32, _ service: UnsafeMutablePointer<sluice_service>, _ tables: Tables) -> UInt32 {
    let number = tables.rings[Int(service.pointee.ring_start) &+ Int(slot)]
    guard number != UInt16(truncatingIfNeeded: SLUICE_NO_MEMBER) else { return Verdict.noServer }
    return tables.members[Int(service.pointee.member_start) &+ Int(number)]
  }

  @inline(__always) @_noLocks
  private static func takesFlows(
    _ server: UInt32,
    _ service: UnsafeMutablePointer<sluice_service>,
    _ tables: Tables,
    _ limits: ServerLimits?
  ) -> Bool {
    guard tables.servers[Int(server)].weight != 0 else { return false }
    guard let limits, ServerLimits.exist(service) else { return true }
    return !limits.isOverloaded(server, tables)
  }

  @inline(__always) @_noLocks
  fileprivate static func has(_ service: UnsafeMutablePointer<sluice_service>, _ flag: Int) -> Bool {
    service.pointee.flags & UInt8(truncatingIfNeeded: flag) != 0
  }
}

/// What is hashed.
private struct Subject {
  /// The client's address, for `dh` the destination's: IPv4 as a number, IPv6 as the XOR of its words.
  var address: UInt32
  /// The client's port if the service has that flag, else 0.
  var port: UInt32

  @inline(__always) @_noLocks
  init(_ frame: Frame, _ packet: borrowing ScratchPacket, _ service: UnsafeMutablePointer<sluice_service>) {
    var header = frame.bytes + Int(packet.network)
    // An ICMP error quotes a packet of the server, in which the client is the destination.
    let isError = !packet.isTransport
    if isError { header += Connection.transport(header, packet) &+ 8 }
    let isDestination = Int(service.pointee.scheduler) == SLUICE_SCHEDULER_DH
    let offset = isDestination == isError ? 0 : packet.isIPv6 ? 16 : 4
    if packet.isIPv6 {
      let folded = header.raw64(8 &+ offset) ^ header.raw64(16 &+ offset)
      address = UInt32(truncatingIfNeeded: folded ^ folded &>> 32).byteSwapped
    } else {
      address = header.raw32(12 &+ offset).byteSwapped
    }
    port = 0
    guard HashRing.has(service, SLUICE_SERVICE_PORT), !isDestination else { return }
    let ports = header + (packet.isIPv6 ? IPv6.walk(header, Int(packet.networkLength)).offset : Int(header.u8(0) & 15) &* 4)
    port = UInt32(ports.u16(isError ? 2 : 0))
  }
}
