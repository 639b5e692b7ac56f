import Model

/// How Sluice knows an address it put on an interface itself, after a kill -9 too.
///
/// The address's protocol (`IFA_PROTO`, kernels from 5.18) says it, as a route's protocol says who made a route. iproute2 6.1
/// does not show it yet, so an IPv4 address carries a label as well, for the operator and for older kernels. An IPv6 address on
/// such a kernel carries no mark: after a kill -9 it is taken for the operator's and stays.
enum AddressMark {
  /// 'S'. Free in iproute2's rt_addrprotos and rt_protos (keepalived is 18, BIRD 12).
  static let proto: UInt8 = 0x53
  static let suffix = ":sluice"
  /// `IFNAMSIZ` without its zero.
  private static let longestLabel = 15

  /// Nil when the interface's name leaves no room.
  static func label(interface: String) -> String? {
    let label = interface + suffix
    return label.utf8.count <= longestLabel ? label : nil
  }

  static func isOn(proto: UInt8, label: String) -> Bool {
    proto == Self.proto || label.hasSuffix(suffix)
  }
}
