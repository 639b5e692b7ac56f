import API
import Configuration
import Foundation
import Glibc
import Model
import Netlink
import Offline
import Reconciler

extension Laboratory {
  /// The binary under test: the one that Tools/test has built, or the one in the repository's build folder.
  static var sluice: String {
    if let path = ProcessInfo.processInfo.environment["SLUICE_BINARY"] { return path }
    let builds = ["release", "debug"].map { "\(tools)/../.build/\($0)/sluice" }
    return builds.first { FileManager.default.isExecutableFile(atPath: $0) } ?? builds[0]
  }

  var socket: String { "\(folder)/sluice.sock" }

  /// A configuration with these services; Sluice manages the VIPs.
  func configuration(
    _ services: [String: [Server]],
    interfaces: [String] = ["eth0"],
    director: [String] = []
  ) -> String {
    var lines = [
      "director:", "  interfaces: [\(interfaces.joined(separator: ", "))]", "  socket: \(socket)", "  addresses: managed",
    ]
    lines += director.map { "  \($0)" }
    lines.append(services.isEmpty ? "services: []" : "services:")
    for (service, servers) in services.sorted(by: { $0.key < $1.key }) {
      lines += ["  - service: \(service)", "    servers:"]
      lines += servers.map {
        "      - {address: \($0.address), weight: \($0.weight), forward: \($0.forward)\($0.tunnel.map { ", \($0)" }.joined())}"
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Starts the director and waits until it answers and has a next hop for every server.
  func direct(
    _ services: [String: [Server]],
    interfaces: [String] = ["eth0"],
    director: [String] = []
  ) throws -> Running {
    let file = try write(configuration(services, interfaces: interfaces, director: director), to: "sluice.yaml")
    let daemon = try start(.director, [Self.sluice, "run", "--config", file])
    try awaitReady(daemon)
    return daemon
  }

  func awaitReady(_ daemon: Running, within seconds: Double = 10) throws {
    let ready = try holds(within: seconds) {
      guard daemon.isRunning else { throw LabFailure("the director ended: \(daemon.output)\(daemon.errors)") }
      guard let status = try? status() else { return false }
      // Masqueraded servers stay unresolved.
      return status.services.flatMap(\.servers).allSatisfy { $0.state != .unresolved || !$0.forward.isForwarded }
    }
    guard ready else { throw LabFailure("the director is not ready: \(daemon.output)\(daemon.errors)") }
  }

  /// Runs an operator's command, which must succeed.
  @discardableResult
  func operate(_ words: String...) throws -> String { try operate(words) }

  @discardableResult
  func operate(_ words: [String]) throws -> String {
    let ended = try run(.director, [Self.sluice] + words, environment: ["SLUICE_SOCKET": socket])
    guard ended.status == 0 else { throw LabFailure("sluice \(words.joined(separator: " ")): \(ended.text)") }
    return ended.output
  }

  func status() throws -> Status { try JSONDecoder().decode(Status.self, from: Data(operate("status", "--json").utf8)) }

  func statistics() throws -> Statistics {
    try JSONDecoder().decode(Statistics.self, from: Data(operate("stats", "--json").utf8))
  }
}

/// A real server in a configuration.
struct Server {
  let address: String
  var weight = 1
  var forward = "direct"
  /// More keys and values, as in a configuration.
  var tunnel: [String] = []

  static let rs1 = Server(address: "10.9.0.11")
  static let rs2 = Server(address: "10.9.0.12")
  static let rs3 = Server(address: "10.9.3.13", forward: "ipip")
  static let rs4 = Server(address: "10.9.0.14")

  func weighing(_ weight: Int) -> Server { Server(address: address, weight: weight, forward: forward, tunnel: tunnel) }
}

extension [String: [Server]] {

  /// Two servers with direct routing and one behind a router, with weights 1 : 1 : 2, for HTTP and UDP.
  static var usual: Self {
    let servers = [Server.rs1, .rs2, .rs3.weighing(2)]
    return [.http: servers, .echo: servers]
  }
}
