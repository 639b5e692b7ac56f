import CNetlink
import Glibc
import Model

/// One change the kernel told of, as far as it matters here.
enum KernelEvent: Equatable, Sendable {
  /// A link, address, route, rule or next-hop object.
  case other
  case neighbour(HopKey, Neighbour)
  /// The socket overflowed, or something came that can't be read: anything may have changed.
  case lost
  /// Not about us: a bridge's forwarding table, say.
  case nothing
}

/// A netlink socket that hears of every change in the namespace of the thread that made it.
struct EventSocket: ~Copyable {
  private let handle: OpaquePointer

  init() throws(NetlinkError) {
    var handle: OpaquePointer?
    let result = sluice_nl_open_events(&handle)
    guard result == 0, let handle else { throw .refused(doing: "listening for changes of routes and neighbours", errno: -result) }
    self.handle = handle
  }

  deinit { sluice_nl_close(handle) }

  var fileDescriptor: Int32 { sluice_nl_fd(handle) }

  /// Nil when none waits.
  func next() throws(NetlinkError) -> KernelEvent? {
    var raw = sluice_nl_event()
    let result = sluice_nl_next_event(handle, &raw)
    if result == 0 { return nil }
    guard result > 0 else { throw .refused(doing: "reading changes of routes and neighbours", errno: -result) }
    return KernelEvent(raw)
  }
}

extension KernelEvent {
  init(_ raw: sluice_nl_event) {
    let about = raw.about
    if about & UInt32(SLUICE_NL_LOST) != 0 {
      self = .lost
    } else if about & UInt32(SLUICE_NL_LINKS | SLUICE_NL_ADDRESSES | SLUICE_NL_ROUTES) != 0 {
      self = .other
    } else if about & UInt32(SLUICE_NL_NEIGHBOURS) != 0, let address = IPAddress(raw.neighbour.ip) {
      self = .neighbour(HopKey(link: raw.neighbour.ifindex, address: address), Neighbour(raw.neighbour))
    } else {
      self = .nothing
    }
  }
}
