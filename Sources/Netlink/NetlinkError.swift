import Glibc
import Model

/// Why a query of the kernel failed, or why it refused a change. One line, with a hint.
package enum NetlinkError: Error, Equatable, Sendable {
  /// `doing` describes the query or change for the operator; `errno` is the kernel's.
  case refused(doing: String, errno: Int32)
  /// No socket for frames of the director's own.
  case noPacketSocket(errno: Int32)
  case noInterface(String)
  case noInterfaceIndex(UInt32)

  /// A hint for an errno of a route, neighbour, link or address request.
  static func hint(_ code: Int32) -> String {
    switch code {
    case EPERM, EACCES: "run as root or with CAP_NET_ADMIN"
    case ENOBUFS: "the neighbour table is full: raise net.ipv4.neigh.default.gc_thresh3 (and net.ipv6.neigh.default.gc_thresh3)"
    case ENODEV: "the interface is gone: see `ip link`"
    case ENETDOWN: "the interface is down: `ip link set DEV up`"
    case EAFNOSUPPORT: "this address family is disabled in the kernel"
    case EMFILE, ENFILE: "raise the limit of open files (`ulimit -n`)"
    case ENOMEM: "the machine is out of memory"
    case ETIMEDOUT: "the kernel did not answer within 2 s: see `dmesg`"
    default: "compare with `ip route get` and `ip neigh`"
    }
  }
}

extension NetlinkError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .refused(let doing, let code): "\(doing): \(String(cString: strerror(code))); \(Self.hint(code))"
    case .noPacketSocket(let code):
      "no socket to announce VIPs by: \(String(cString: strerror(code))); "
        + (code == EPERM ? "run as root or with CAP_NET_RAW" : Self.hint(code))
    case .noInterface(let name): "no interface \(name); `ip link` lists the interfaces"
    case .noInterfaceIndex(let index): "no interface has index \(index): it was removed; see `ip link`"
    }
  }
}
