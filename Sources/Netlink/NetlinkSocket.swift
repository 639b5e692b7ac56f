import CNetlink
import Glibc
import Model

/// One netlink socket, in the network namespace of the thread that made it. Questions are answered inside the system call, so a
/// call takes microseconds; none waits longer than two seconds.
struct NetlinkSocket: ~Copyable {
  let handle: OpaquePointer

  init() throws(NetlinkError) {
    var handle: OpaquePointer?
    let result = sluice_nl_open(&handle)
    guard result == 0, let handle else { throw .refused(doing: "opening a netlink socket", errno: -result) }
    self.handle = handle
  }

  deinit { sluice_nl_close(handle) }
}

extension NetlinkSocket {
  func link(index: UInt32) throws(NetlinkError) -> Link {
    var raw = sluice_nl_link()
    let result = sluice_nl_link(handle, index, nil, &raw)
    if result == -ENODEV { throw .noInterfaceIndex(index) }
    guard result == 0 else { throw .refused(doing: "asking for interface \(index)", errno: -result) }
    return Link(raw)
  }

  func link(named name: String) throws(NetlinkError) -> Link {
    var raw = sluice_nl_link()
    let result = sluice_nl_link(handle, 0, name, &raw)
    if result == -ENODEV { throw .noInterface(name) }
    guard result == 0 else { throw .refused(doing: "asking for interface \(name)", errno: -result) }
    return Link(raw)
  }

  /// Every address of the namespace.
  func addresses() throws(NetlinkError) -> [InterfaceAddress] {
    var raw = [sluice_nl_address](repeating: .init(), count: 64)
    // Addresses can appear between two looks; a table that outgrows eight doublings is another fault.
    for _ in 0..<8 {
      let result = sluice_nl_addresses(handle, &raw, UInt32(raw.count))
      if result == -EINTR { continue }
      guard result >= 0 else { throw .refused(doing: "listing the addresses", errno: -result) }
      if Int(result) <= raw.count { return raw.prefix(Int(result)).compactMap(InterfaceAddress.init) }
      raw = .init(repeating: .init(), count: Int(result) * 2)
    }
    throw .refused(doing: "listing the addresses, which kept changing meanwhile", errno: EINTR)
  }

  /// The kernel's route for a packet of our own, or why there is none.
  func route(to destination: IPAddress) throws(NetlinkError) -> Result<KernelRoute, NoRoute> {
    var raw = sluice_nl_route()
    var address = sluice_nl_ip(destination)
    let result = sluice_nl_route(handle, &address, &raw)
    if result == 0 { return .success(KernelRoute(raw)) }
    if let reason = NoRoute(errno: -result) { return .failure(reason) }
    throw .refused(doing: "asking for the route to \(destination)", errno: -result)
  }

  func neighbour(_ hop: HopKey) throws(NetlinkError) -> Neighbour {
    var raw = sluice_nl_neighbour()
    var address = sluice_nl_ip(hop.address)
    let result = sluice_nl_neighbour(handle, hop.link, &address, &raw)
    if result == -ENOENT || result == -ENODEV { return .unknown }
    guard result == 0 else { throw .refused(doing: "asking for the neighbour \(hop.address)", errno: -result) }
    return Neighbour(raw)
  }

  /// Has the kernel resolve or confirm a neighbour it was just seen to be unsure of. Returns the errno of a refusal that concerns
  /// this neighbour.
  func use(_ hop: HopKey, seen: Neighbour) throws(NetlinkError) -> Int32? {
    var address = sluice_nl_ip(hop.address)
    var code = -sluice_nl_use_neighbour(handle, hop.link, &address, seen == .unknown ? 1 : 0)
    // There is an entry after all: nobody's yet, or the operator's since we looked, and then it may be a permanent one.
    if code == EEXIST {
      guard try neighbour(hop).wantsUse else { return nil }
      code = -sluice_nl_use_neighbour(handle, hop.link, &address, 0)
    }
    // It was collected since we looked: the next poke makes it anew.
    return code == 0 || code == ENOENT ? nil : code
  }
}
