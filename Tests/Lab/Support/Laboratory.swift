import Foundation
import Glibc
import Synchronization
import Testing

/// A lab for one test. `Tools/lab` sets it up, so that tests, the demo and a person at the keyboard use the same network.
///
/// client 10.9.0.10, director 10.9.0.2, rs1, rs2 and rs4 10.9.0.11, .12, .14 on one segment; rs3 10.9.3.13 behind a router; VIP
/// 10.9.0.100.
final class Laboratory: Sendable {
  enum Host: String, CaseIterable { case net, client, director, router, rs1, rs2, rs3, rs4 }

  static let vip = "10.9.0.100"
  static let clientAddress = "10.9.0.10"
  static let directorAddress = "10.9.0.2"
  /// Why the lab can't run; printed with the skip.
  static let isRoot = geteuid() == 0
  static let excuse: Comment = "namespaces need root, and geteuid() is not 0"

  static let tools = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Tools").standardized.path
  private static let serial = Atomic<Int>(0)

  let name: String
  /// Logs and configurations; deleted with the lab.
  let folder: String

  /// - Parameters:
  ///   - serving: whether nginx, UDP echo and iperf3 run on the real servers, and decapsulation on rs3.
  ///   - mtu: the MTU of all interfaces except the client's, which has 1500.
  init(queues: Int = 1, serving: Bool = true, mtu: Int = 1600) throws {
    name = "t\(getpid())n\(Self.serial.wrappingAdd(1, ordering: .relaxed).newValue)"
    folder = "/run/sluice-lab/\(name)"
    do {
      try Self.lab("up", name, "--queues", "\(queues)", "--mtu", "\(mtu)")
      if serving { try Self.lab("serve", name, Self.sluice) }
    } catch {
      try? Self.lab("down", name)
      throw error
    }
  }

  deinit { try? Self.lab("down", name) }

  /// Runs a command on a host and waits for its end.
  @discardableResult
  func run(_ host: Host, _ command: [String], within seconds: Double = 20, environment: [String: String] = [:]) throws -> Ended {
    try start(host, command, environment: environment).wait(within: seconds)
  }

  /// The output of a command, which must succeed.
  @discardableResult
  func output(_ host: Host, _ command: String..., within seconds: Double = 20) throws -> String {
    try output(host, command, within: seconds)
  }

  @discardableResult
  func output(_ host: Host, _ command: [String], within seconds: Double = 20) throws -> String {
    let ended = try run(host, command, within: seconds)
    guard ended.status == 0 else { throw LabFailure("on \(host.rawValue), \(command.joined(separator: " ")): \(ended.text)") }
    return ended.output
  }

  /// Starts a command on a host; it is stopped with the lab.
  func start(_ host: Host, _ command: [String], environment: [String: String] = [:]) throws -> Running {
    try Running(["nsenter", "--net=/run/netns/sl-\(name)-\(host.rawValue)", "--"] + command, environment: environment, in: self)
  }

  /// Connects the host to the segment again, as `Tools/lab up` did.
  func layCable(to host: Host) throws { try Self.lab("connect", name, host.rawValue) }

  func write(_ text: String, to file: String) throws -> String {
    let path = "\(folder)/\(file)"
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    return path
  }

  /// The MAC address of a host's interface. Not from /sys, which shows the machine's interfaces in every namespace.
  func mac(_ host: Host, _ device: String = "eth0") throws -> [UInt8] {
    struct Link: Decodable { let address: String }
    let links = try JSONDecoder().decode([Link].self, from: Data(output(host, "ip", "-j", "link", "show", device).utf8))
    return links[0].address.split(separator: ":").compactMap { UInt8($0, radix: 16) }
  }

  private static func lab(_ words: String...) throws {
    let ended = try Running(["\(tools)/lab"] + words).wait(within: 20)
    guard ended.status == 0 else { throw LabFailure("Tools/lab \(words.joined(separator: " ")): \(ended.text)") }
  }
}

struct LabFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
