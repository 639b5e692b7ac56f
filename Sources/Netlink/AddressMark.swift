import Model

/// How Sluice recognizes an address that it added to an interface, even after a kill -9.
///
/// The address's protocol (`IFA_PROTO`, kernels from 5.18) marks it, as a route's protocol shows who made a route. iproute2 6.1 does not show
/// it yet, so an IPv4 address also has a label, for the operator and for older kernels. An IPv6 address on such a kernel has no mark: after a
/// kill -9 it counts as the operator's and stays.
enum AddressMark {
  /// 'S'. Free in iproute2's rt_addrprotos and rt_protos (keepalived is 18, BIRD 12).
  static let proto: UInt8 = 0x53
  static let suffix = ":sluice"
  /// `IFNAMSIZ` without its zero.
  private static let longestLabel = 15

  /// Nil when the interface's name is too long.
  static func label(interface: String) -> String? {
    let label = interface + suffix
    return label.utf8.count <= longestLabel ? label : nil
  }

  static func isOn(proto: UInt8, label: String) -> Bool {
    proto == Self.proto || label.hasSuffix(suffix)
  }
}
