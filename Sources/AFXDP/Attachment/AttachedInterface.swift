import ABI
import CXDP
import Glibc

/// An interface the director stands on, claimed for this process.
package struct AttachedInterface: Sendable {
  package let name: String
  package let ifindex: UInt32
  /// Index into `root.interfaces`, what tables and verdicts call it by.
  package let slot: Int
  package let mac: [UInt8]
  package internal(set) var queues: Int
  /// How the steering program runs: in the driver, or by the generic hook.
  package internal(set) var isNative = false
  /// Whether frames reach the workers uncopied.
  package internal(set) var isZeroCopy = false

  init(_ name: String, slot: Int) throws(EngineFailure) {
    self.name = name
    self.slot = slot
    ifindex = if_nametoindex(name)
    guard ifindex != 0 else { throw EngineFailure("no interface \(name): `ip link` lists the interfaces") }
    var mac = [UInt8](repeating: 0, count: 6)
    let error = sockets_mac(name, &mac)
    guard error == 0 else {
      throw EngineFailure("\(name) has no MAC address: \(EngineFailure.words(error)); Sluice needs an Ethernet interface")
    }
    self.mac = mac
    queues = 1
    try countQueues()
  }

  /// Again after attaching: some drivers change the number then (virtio does).
  mutating func countQueues() throws(EngineFailure) {
    let count = sockets_queues(name)
    guard count > 0 else { throw EngineFailure("can't read the queue count of \(name): \(EngineFailure.words(count))") }
    guard count <= Int(SLUICE_QUEUES) else {
      throw EngineFailure(
        "\(name) has \(count) queues, more than \(SLUICE_QUEUES): reduce them with `ethtool -L \(name) combined \(SLUICE_QUEUES)`"
      )
    }
    queues = Int(count)
  }
}
