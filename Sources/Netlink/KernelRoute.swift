import CNetlink
import Glibc
import Model

/// The kernel's route for a packet from this host; rules and path MTU discovery are applied.
struct KernelRoute: Equatable, Sendable {
  /// RTN_* of linux/rtnetlink.h.
  var type: Int32
  /// Index of the egress interface.
  var link: UInt32
  /// Nil: on link.
  var gateway: IPAddress?
  var source: IPAddress?
  /// MTU of the route; nil: the link's.
  var mtu: Int?
  /// The route has a lightweight tunnel (`ip route … encap`).
  var isEncapsulated: Bool

  init(
    type: Int32 = Int32(RTN_UNICAST),
    link: UInt32,
    gateway: IPAddress? = nil,
    source: IPAddress? = nil,
    mtu: Int? = nil,
    isEncapsulated: Bool = false
  ) {
    self.type = type
    self.link = link
    self.gateway = gateway
    self.source = source
    self.mtu = mtu
    self.isEncapsulated = isEncapsulated
  }

  init(_ raw: sluice_nl_route) {
    self.init(
      type: Int32(raw.type),
      link: raw.ifindex,
      gateway: IPAddress(raw.gateway),
      source: IPAddress(raw.source),
      mtu: raw.mtu > 0 ? Int(raw.mtu) : nil,
      isEncapsulated: raw.encapsulated != 0
    )
  }
}

/// Why no packet can be sent there.
package enum NoRoute: Error, Equatable, Sendable {
  case none
  case unreachable
  case prohibited
  case blackhole
  case broadcast
  case multicast
  case anycast
  case encapsulated
  /// The kernel refused the look-up with this errno.
  case refused(Int32)

  /// The kernel reports the type of some routes as an errno: fib_props of net/ipv4/fib_semantics.c, ip6_rt_type_to_error of net/ipv6/route.c.
  init(errno code: Int32) {
    switch code {
    case ENETUNREACH, EAGAIN, ESRCH: self = .none
    case EHOSTUNREACH: self = .unreachable
    case EACCES: self = .prohibited
    case EINVAL: self = .blackhole
    default: self = .refused(code)
    }
  }

  package var reason: String {
    switch self {
    case .none: "the kernel has no route to it; add one with `ip route`"
    case .unreachable: "the kernel's route to it says unreachable; see `ip route`"
    case .prohibited: "the kernel's route to it says prohibit; see `ip route` and `ip rule`"
    case .blackhole: "the kernel's route to it says blackhole; see `ip route`"
    case .broadcast: "it is a broadcast address; a real server needs one of its own"
    case .multicast: "it is a multicast address; a real server needs one of its own"
    case .anycast: "it is the subnet's anycast address; a real server needs one of its own"
    case .encapsulated:
      "the kernel's route to it goes through a tunnel (encap), which Sluice does not build; give it a plain route"
    case .refused(let code): NetlinkError.refused(doing: "looking up its route", errno: code).description
    }
  }
}
