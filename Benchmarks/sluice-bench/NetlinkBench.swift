import Foundation
import Model
import Netlink

/// The measurements of `sluice-bench netlink`.
struct NetlinkBench {
  let servers: [IPAddress]
  /// On the second segment of d0, 10.32/16.
  let neighbours: [IPAddress]
  let vips: Int

  init(destinations: Int, neighbours: Int, vips: Int) {
    servers = (0..<destinations).map { Self.address(10, 64, $0) }
    self.neighbours = (0..<neighbours).map { Self.address(10, 32, $0 + 256) }
    self.vips = vips
  }

  func bytesPerDestination() throws -> Int {
    let monitor = try KernelMonitor()
    let before = BenchNamespace.residentBytes()
    monitor.follow(servers)
    let answered = try monitor.answers(for: servers).count
    try check(answered == servers.count)
    let bytes = BenchNamespace.residentBytes() - before
    return withExtendedLifetime(monitor) { bytes / servers.count }
  }

  func run(_ report: inout NetlinkReport) throws {
    try behindGateway(&report)
    try onSegment(&report)
    try virtualAddresses(&report, "IPv4") { Self.address(10, 200, $0) }
    try virtualAddresses(&report, "IPv6") { IPAddress(high: 0xfd00_0007_0000_0000, low: UInt64($0 + 1)) }
  }

  private func behindGateway(_ report: inout NetlinkReport) throws {
    try BenchNamespace.ip(["neigh replace \(BenchNamespace.gateway(1))"])
    let monitor = try report.measure("open: links and addresses read") { try KernelMonitor() }
    let first = try report.measure("\(servers.count) destinations behind one gateway: first answer") {
      monitor.follow(servers)
      return try monitor.answers(for: servers)
    }
    try check(first, mac: "02:00:00:00:02:01", count: servers.count)
    let again = try report.measure("  again, from memory") { try monitor.answers(for: servers) }
    try check(again, mac: "02:00:00:00:02:01", count: servers.count)
    try BenchNamespace.ip(["neigh replace \(BenchNamespace.gateway(2))"])
    let moved = try report.measure("  a new MAC address of the gateway: drained and answered") { try changed(monitor) }
    try check(moved, mac: "02:00:00:00:02:02", count: servers.count)
    try BenchNamespace.ip(["rule add to 10.1.0.0/16 lookup 77", "rule del to 10.1.0.0/16 lookup 77"])
    let asked = try report.measure("  a rule: all routes queried again and answered") { try changed(monitor) }
    try check(asked, mac: "02:00:00:00:02:02", count: servers.count)
    let elsewhere = (0..<4000).map { "10.128.\($0 / 125).\($0 % 125 * 2)/31" }
    try BenchNamespace.ip(elsewhere.map { "route add \($0) via 10.0.0.2" })
    let other = try report.measure("  4000 other routes: drained") { try changed(monitor) }
    try check(other.isEmpty)
    try BenchNamespace.ip(elsewhere.map { "route del \($0)" })
  }

  private func onSegment(_ report: inout NetlinkReport) throws {
    try BenchNamespace.ip(["address add 10.32.0.1/16 dev d0"])
    let unknown = try KernelMonitor()
    let pending = try report.measure("\(neighbours.count) destinations on the segment, not in the neighbour table: first answer")
    {
      unknown.follow(neighbours)
      return try unknown.answers(for: neighbours)
    }
    try check(pending.count == neighbours.count)
    try BenchNamespace.ip(neighbours.map { neighbour($0, "02:00:00:00:00:01") })
    let monitor = try KernelMonitor()
    let first = try report.measure("\(neighbours.count) destinations on the segment, in the neighbour table: first answer") {
      monitor.follow(neighbours)
      return try monitor.answers(for: neighbours)
    }
    try check(first, mac: "02:00:00:00:00:01", count: neighbours.count)
    try BenchNamespace.ip(neighbours.map { neighbour($0, "02:00:00:00:00:02") })
    let moved = try report.measure("  \(neighbours.count) events of these neighbours: drained and answered") {
      try changed(monitor)
    }
    try check(moved, mac: "02:00:00:00:00:02", count: neighbours.count)
    let now = ContinuousClock.now
    try monitor.poke(at: now)
    try report.measure("  one poke, 100 ms after the last") { try monitor.poke(at: now + .milliseconds(100)) }
    monitor.forget(allBut: [])
    try BenchNamespace.ip(neighbours.map { neighbour($0, "02:00:00:00:00:03") })
    let strangers = try report.measure("  \(neighbours.count) events of neighbours that are not followed: drained") {
      try changed(monitor)
    }
    try check(strangers.isEmpty)
    try BenchNamespace.ip(["address del 10.32.0.1/16 dev d0"] + neighbours.map { "neigh del \($0) dev d0" })
  }

  private func virtualAddresses(
    _ report: inout NetlinkReport,
    _ family: String,
    _ vip: (Int) -> IPAddress
  ) throws {
    let monitor = try KernelMonitor()
    monitor.follow(servers)
    _ = try monitor.answers(for: servers)
    guard let link = monitor.links["d0"]?.index else { throw BenchNamespace.Failure(description: "d0 is gone") }
    let places = Set((0..<vips).map { VirtualAddresses.Place(vip: vip($0), link: link) })
    var addresses = VirtualAddresses()
    let time = Duration.seconds(60)
    let added = report.measure("\(vips) VIPs, \(family): added") { addresses.reconcile(places, on: monitor, within: time) }
    try check(added.added.count == vips)
    let concerned = try report.measure("  their events (\(family)): drained") { try changed(monitor) }
    try check(concerned.isEmpty)
    let idle = report.measure("  reconciled without difference (\(family))") { addresses.reconcile(places, on: monitor) }
    try check(idle.added.isEmpty && idle.removed.isEmpty)
    let removed = report.measure("  removed (\(family))") { addresses.reconcile([], on: monitor, within: time) }
    try check(removed.removed.count == vips)
  }

  /// Drains all events; returns the answers of the destinations that changed.
  private func changed(_ monitor: KernelMonitor) throws -> [IPAddress: RouteAnswer] {
    var answers: [IPAddress: RouteAnswer] = [:]
    while true {
      let changes = try monitor.drain()
      if changes.isLost { throw BenchNamespace.Failure(description: "events were lost") }
      let part = try monitor.answers(for: changes.destinations)
      if answers.isEmpty { answers = part } else { answers.merge(part) { $1 } }
      if !changes.more { return answers }
    }
  }

  private func neighbour(_ address: IPAddress, _ mac: String) -> String {
    "neigh replace \(address) lladdr \(mac) dev d0 nud permanent"
  }

  private func check(_ answers: [IPAddress: RouteAnswer], mac: String, count: Int) throws {
    let wanted = MACAddress(mac)
    let good = answers.values.count { if case .resolved(let route) = $0 { route.hopMAC == wanted } else { false } }
    try check(good == count)
  }

  private func check(_ isRight: Bool, line: Int = #line) throws {
    if !isRight { throw BenchNamespace.Failure(description: "what was measured is not right: NetlinkBench.swift, line \(line)") }
  }

  private static func address(_ a: UInt8, _ b: Int, _ number: Int) -> IPAddress {
    IPAddress(a, UInt8(b + number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255))
  }
}
