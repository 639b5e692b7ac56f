import CNetlink
import Glibc
import Model

/// A netlink socket for queries and changes, in the network namespace of the thread that created it. The kernel answers within the system call: a
/// batch of 64 requests takes a tenth of a millisecond, and at most two seconds.
struct RequestSocket: ~Copyable {
  let handle: OpaquePointer

  init() throws(NetlinkError) {
    var handle: OpaquePointer?
    let result = sluice_nl_open(&handle)
    guard result == 0, let handle else { throw .refused(doing: "opening a netlink socket", errno: -result) }
    self.handle = handle
  }

  deinit { sluice_nl_close(handle) }

  /// Looks up the routes of packets from this host. Calls `take` with the index of each destination and its route; results before an error are
  /// valid.
  func routes(
    to destinations: [IPAddress],
    _ take: (Int, Result<KernelRoute, NoRoute>) -> Void
  ) throws(NetlinkError) {
    var answers = [sluice_nl_route](repeating: .init(), count: Int(SLUICE_NL_BATCH))
    try inBatches(of: destinations.map(sluice_nl_ip.init), doing: "looking up routes") { part in
      sluice_nl_routes(handle, part.baseAddress, &answers, UInt32(part.count))
    } take: { number, index in
      take(number, Result(answers[index]))
    }
  }

  /// Reads neighbour entries. Calls `take` with the index of each hop and its state.
  func neighbours(_ hops: [HopKey], _ take: (Int, Neighbour) -> Void) throws(NetlinkError) {
    var answers = [sluice_nl_neighbour](repeating: .init(), count: Int(SLUICE_NL_BATCH))
    var errors = [Int32](repeating: 0, count: Int(SLUICE_NL_BATCH))
    try inBatches(of: hops.map { sluice_nl_hop($0) }, doing: "reading neighbour entries") { part in
      sluice_nl_neighbours(handle, part.baseAddress, &answers, &errors, UInt32(part.count))
    } take: { number, index in
      // ENOENT, ENODEV for a removed link, or any other error: unknown.
      take(number, errors[index] == 0 ? Neighbour(answers[index]) : .unknown)
    }
  }

  /// Makes the kernel resolve (`creating` new entries) or confirm neighbours. Calls `take` with the index of each hop and an errno or 0.
  func use(_ hops: [HopKey], creating: Bool, _ take: (Int, Int32) -> Void) throws(NetlinkError) {
    var errors = [Int32](repeating: 0, count: Int(SLUICE_NL_BATCH))
    try inBatches(of: hops.map { sluice_nl_hop($0, create: creating) }, doing: "resolving neighbours") { part in
      sluice_nl_use_neighbours(handle, part.baseAddress, &errors, UInt32(part.count))
    } take: { number, index in
      take(number, -errors[index])
    }
  }

  /// Adds VIPs to interfaces; starts no batch after `deadline`. Calls `take` with the index of each and an errno or 0.
  func add(
    _ vips: [(place: VirtualAddresses.Place, label: String?)],
    until deadline: ContinuousClock.Instant,
    _ take: (Int, Int32) -> Void
  ) throws(NetlinkError) {
    var errors = [Int32](repeating: 0, count: Int(SLUICE_NL_BATCH))
    let requests = vips.map { sluice_nl_vip($0.place, label: $0.label) }
    try inBatches(of: requests, until: deadline, doing: "adding VIPs") { part in
      sluice_nl_add_addresses(handle, part.baseAddress, &errors, UInt32(part.count))
    } take: { number, index in
      take(number, -errors[index])
    }
  }

  /// Removes VIPs from interfaces; starts no batch after `deadline`. Calls `take` with the index of each and an errno or 0.
  func remove(
    _ places: [VirtualAddresses.Place],
    until deadline: ContinuousClock.Instant,
    _ take: (Int, Int32) -> Void
  ) throws(NetlinkError) {
    var errors = [Int32](repeating: 0, count: Int(SLUICE_NL_BATCH))
    let requests = places.map { sluice_nl_vip($0, label: nil) }
    try inBatches(of: requests, until: deadline, doing: "removing VIPs") { part in
      sluice_nl_remove_addresses(handle, part.baseAddress, &errors, UInt32(part.count))
    } take: { number, index in
      take(number, -errors[index])
    }
  }

  /// Sends batches of `SLUICE_NL_BATCH`. Calls `take` with the number of each request and its index in its batch.
  private func inBatches<Request>(
    of requests: [Request],
    until deadline: ContinuousClock.Instant? = nil,
    doing: String,
    _ send: (UnsafeBufferPointer<Request>) -> Int32,
    take: (Int, Int) -> Void
  ) throws(NetlinkError) {
    for start in stride(from: 0, to: requests.count, by: Int(SLUICE_NL_BATCH)) {
      if let deadline, ContinuousClock.now >= deadline { return }
      let end = min(start + Int(SLUICE_NL_BATCH), requests.count)
      let result = requests.withUnsafeBufferPointer { send(UnsafeBufferPointer(rebasing: $0[start..<end])) }
      guard result == 0 else { throw .refused(doing: doing, errno: -result) }
      for number in start..<end { take(number, number - start) }
    }
  }
}

extension sluice_nl_hop {
  fileprivate init(_ hop: HopKey, create: Bool = false) {
    self.init(ifindex: hop.link, ip: sluice_nl_ip(hop.address), create: create ? 1 : 0)
  }
}

extension sluice_nl_vip {
  fileprivate init(_ place: VirtualAddresses.Place, label: String?) {
    self.init()
    ifindex = place.link
    ip = sluice_nl_ip(place.vip)
    proto = AddressMark.proto
    withUnsafeMutableBytes(of: &self.label) { $0.copyBytes(from: (label ?? "").utf8.prefix($0.count - 1)) }
  }
}

extension Result<KernelRoute, NoRoute> {
  fileprivate init(_ raw: sluice_nl_route) {
    self = raw.error == 0 ? .success(KernelRoute(raw)) : .failure(NoRoute(errno: -raw.error))
  }
}
