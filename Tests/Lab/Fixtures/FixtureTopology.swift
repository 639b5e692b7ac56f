import API
import Configuration
import Foundation
import Glibc
import Model
import Netlink
import Offline
import Reconciler
import Synchronization

/// The topology of the fixture table in two namespaces: the director's, with the interfaces, addresses and neighbours of the
/// configurations' section `replay`, and the far end of its cables. The frames are the table's, to the last byte.
final class FixtureTopology: Sendable {
  private static let serial = Atomic<Int>(0)
  /// The configurations that this kernel supports: without VLAN devices there are no tagged paths.
  static let configurations = ["dead", "gre", "gue", "reset", "sorry", "sources", "topology"]
  /// The next hops of the static topology, by interface: an address's last part and its MAC address.
  private static let neighbours: [(device: String, addresses: [String], mac: String)] = [
    ("eth0", ["10.0.0.2", "2001:db8::2"], "02:00:00:00:00:22"), ("eth0", ["10.0.0.3", "2001:db8::3"], "02:00:00:00:00:33"),
    ("eth1", ["10.1.0.9", "2001:db8:1::9"], "02:00:00:00:01:99"),
  ]

  let name: String
  let folder: String

  init() throws {
    name = "sl-f\(getpid())n\(Self.serial.wrappingAdd(1, ordering: .relaxed).newValue)"
    folder = NSTemporaryDirectory() + "/\(name)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    do { try build() } catch {
      demolish()
      throw error
    }
  }

  deinit { demolish() }

  private func build() throws {
    var commands = [["netns", "add", "\(name)-director"], ["netns", "add", "\(name)-wire"]]
    let director = ["-n", "\(name)-director"]
    for (device, mac) in [("eth0", "02:00:00:00:00:02"), ("eth1", "02:00:00:00:01:02")] {
      let far = ["peer", "name", "far-\(device)", "mtu", "1620", "netns", "\(name)-wire"]
      commands.append(
        ["link", "add", device, "address", mac, "mtu", "1620", "netns", "\(name)-director", "type", "veth"] + far
      )
    }
    for command in commands { try run(["ip"] + command) }
    for (namespace, value) in [("director", "0"), ("wire", "1")] {
      let settings = ["all", "default"].map {
        "net.ipv6.conf.\($0).\(namespace == "wire" ? "disable_ipv6" : "accept_dad")=\(value)"
      }
      try run(inside(namespace) + ["sysctl", "-q", "-w"] + settings)
    }
    for device in ["eth0", "eth1"] {
      try run(inside("director") + ["sysctl", "-q", "-w", "net.ipv6.conf.\(device).accept_dad=0"])
      // Some kernels deliver frames to XDP, and transmit them, only if the far end polls.
      for (namespace, end) in [("director", device), ("wire", "far-\(device)")] {
        try run(inside(namespace) + ["ethtool", "-K", end, "tx", "off", "tso", "off", "gso", "off", "gro", "off"])
        try run(["ip", "-n", "\(name)-\(namespace)", "link", "set", end, "up"])
      }
    }
    for (device, address) in [
      ("eth0", "10.0.0.1/24"), ("eth0", "2001:db8::1/64"), ("eth1", "10.1.0.1/24"), ("eth1", "2001:db8:1::1/64"),
    ] {
      try run(["ip"] + director + ["addr", "add", address, "dev", device])
    }
    for path in Self.neighbours {
      for address in path.addresses {
        try run(["ip"] + director + ["neigh", "replace", address, "lladdr", path.mac, "dev", path.device, "nud", "permanent"])
      }
    }
    // The path to a real server with direct routing has the table's MTU of 1500, whatever the cable's is.
    for address in ["10.0.0.0/24", "2001:db8::/64"] {
      try run(["ip"] + director + ["route", "replace", address, "dev", "eth0", "mtu", "1500"])
    }
  }

  private func demolish() {
    for end in ["director", "wire"] { _ = try? Running(["ip", "netns", "del", "\(name)-\(end)"]).wait(within: 5) }
    try? FileManager.default.removeItem(atPath: folder)
  }

  func inside(_ namespace: String) -> [String] { ["nsenter", "--net=/run/netns/\(name)-\(namespace)", "--"] }

  @discardableResult
  func run(_ command: [String], environment: [String: String] = [:]) throws -> String {
    let ended = try Running(command, environment: environment).wait(within: 20)
    guard ended.status == 0 else { throw LabFailure("\(command.joined(separator: " ")): \(ended.text)") }
    return ended.output
  }
}
