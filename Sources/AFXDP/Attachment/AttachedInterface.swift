import ABI
import CXDP
import Glibc
import Model

/// An interface that the director receives on, claimed for this process.
package struct AttachedInterface: Sendable {
  package let name: String
  /// 0 while no interface has this name.
  package internal(set) var ifindex: UInt32
  /// Index into `root.interfaces`; tables and verdicts use it.
  package let slot: Int
  package internal(set) var mac: MACAddress
  package internal(set) var further = FurtherMACs()
  package internal(set) var queues: Int
  /// Bytes of the largest IP packet.
  package internal(set) var mtu: Int
  /// Whether the steering program runs in the driver; otherwise it runs in the generic hook.
  package internal(set) var isNative = false
  /// Whether Sluice had the NIC leave VLAN tags in received frames, which is undone at the end.
  package internal(set) var leavesTags = false
  /// Whether frames reach the workers without a copy.
  package internal(set) var isZeroCopy = false

  package var isPresent: Bool { ifindex != 0 }

  init(_ name: String, slot: Int) throws(EngineFailure) {
    guard let view = InterfaceView(name) else {
      throw EngineFailure("\(name) can't be looked up: \(EngineFailure.words(-errno)); `ulimit -n` bounds open files")
    }
    guard view.ifindex != 0 else { throw EngineFailure("no interface \(name): `ip link` lists the interfaces") }
    guard let mac = view.mac else {
      throw EngineFailure("\(name) is not Ethernet: Sluice forwards Ethernet frames only")
    }
    self.init(view, slot: slot, mac: mac, queues: try Self.checked(view.queues, name))
  }

  init(_ view: InterfaceView, slot: Int, mac: MACAddress, queues: Int) {
    name = view.name
    self.slot = slot
    ifindex = view.ifindex
    self.mac = mac
    self.queues = queues
    mtu = view.mtu
  }

  /// Set if there are more further MAC addresses than steering compares with.
  var furtherFault: String? {
    guard let first = further.leftOut.first else { return nil }
    let others = further.leftOut.count == 1 ? "" : " and to \(further.leftOut.count - 1) more"
    return
      "\(name) has more than \(FurtherMACs.most) further MAC addresses: packets of services to \(first)\(others) reach the kernel; "
      + "give VLANs and macvlans the same address, or remove some"
  }

  /// Whether received frames may have checksums that their sender left to a NIC.
  func hasUnfinishedChecksums(_ mode: ChecksumMode) -> Bool {
    switch mode {
    case .auto: sockets_is_veth(name) == 1
    case .complete: true
    case .keep: false
    }
  }

  /// Has the NIC leave VLAN tags in the frames, where the program can't ask for them (`SteeringProgram.bound`): the service's packet would look
  /// untagged, and so would every answer. In a veth pair the sender's setting decides, which may be in another namespace.
  ///
  /// - Returns: a note for the operator if that was refused.
  mutating func leaveTags() -> String? {
    guard sockets_strips_tags(name) == 1 else { return nil }
    let error = sockets_strip_tags(name, 0)
    leavesTags = error == 0
    let consequence = "answers to tagged frames leave without a tag"
    if !leavesTags {
      return "\(name) takes VLAN tags off the frames and does not stop (\(EngineFailure.words(error))): \(consequence)"
    }
    return sockets_is_veth(name) == 1
      ? "\(name): the other end of this veth pair may keep VLAN tags beside its frames, and \(consequence): `ethtool -K PEER txvlan off` there"
      : nil
  }

  /// As before `leaveTags`.
  func restoreTags() {
    if leavesTags { _ = sockets_strip_tags(name, 1) }
  }

  /// Called again after attaching, since some drivers (virtio) then change the number.
  mutating func countQueues() throws(EngineFailure) { queues = try Self.checked(InterfaceView(name)?.queues ?? 0, name) }

  private static func checked(_ queues: Int, _ name: String) throws(EngineFailure) -> Int {
    guard queues > 0 else { throw EngineFailure("can't read the queue count of \(name)") }
    guard queues <= Int(SLUICE_QUEUES) else {
      throw EngineFailure(
        "\(name) has \(queues) queues, more than \(SLUICE_QUEUES): reduce them with `ethtool -L \(name) combined \(SLUICE_QUEUES)`"
      )
    }
    return queues
  }
}

/// What the kernel reports about an interface at this moment.
struct InterfaceView: Equatable, Sendable {
  var name: String
  /// 0: no interface has this name.
  var ifindex: UInt32
  var mac: MACAddress?
  /// 0 when the driver does not say.
  var queues: Int
  /// 0 when it can't be read.
  var mtu: Int
  /// The attached XDP program.
  var program: AttachedProgram?

  init(name: String, ifindex: UInt32, mac: MACAddress?, queues: Int, mtu: Int = 1500, program: AttachedProgram? = nil) {
    self.name = name
    self.ifindex = ifindex
    self.mac = mac
    self.queues = queues
    self.mtu = mtu
    self.program = program
  }

  /// Queries the kernel: a few system calls. Nil if it can't be queried, which says nothing about the interface.
  init?(_ name: String) {
    let index = if_nametoindex(name)
    guard index != 0 || [ENODEV, ENXIO].contains(errno) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 6)
    let hasMAC = index != 0 && sockets_mac(name, &bytes) == 0
    let queues = index == 0 ? 0 : sockets_queues(name)
    self.init(
      name: name,
      ifindex: index,
      mac: hasMAC ? MACAddress(bytes: bytes) : nil,
      queues: max(0, Int(queues)),
      mtu: index == 0 ? 0 : max(0, Int(sockets_mtu(name))),
      program: index == 0 ? nil : AttachedProgram(index, on: name)
    )
  }
}
