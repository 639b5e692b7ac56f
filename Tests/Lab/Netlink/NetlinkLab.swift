import API
import Configuration
import Foundation
import Glibc
import Model
import Netlink
import Offline
import Reconciler
import Synchronization
import Testing

/// Two namespaces with two wires between them: the director's d0 and d1, the servers' s0 and s1. Removed with the last reference.
final class NetlinkLab: Sendable {
  /// Root tests only: they make network namespaces.
  static let isRoot = geteuid() == 0
  private static let serial = Atomic<Int>(0)

  let director: String
  let servers: String

  init() throws {
    let number = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
    director = "sl-netlink-d\(getpid())-\(number)"
    servers = "sl-netlink-s\(getpid())-\(number)"
    try Self.run("ip netns add \(director)")
    try Self.run("ip netns add \(servers)")
    for wire in 0...1 {
      try Self.run("ip link add d\(wire) netns \(director) type veth peer name s\(wire) netns \(servers)")
      for (end, name, host) in [("d", director, 1), ("s", servers, 2)] {
        try Self.run("ip -n \(name) address add 10.7\(wire).0.\(host)/24 dev \(end)\(wire)")
        try Self.run("ip -n \(name) address add fd7\(wire)::\(host)/64 dev \(end)\(wire) nodad")
        try Self.run("ip -n \(name) link set \(end)\(wire) up")
      }
    }
  }

  deinit {
    for name in [director, servers] { _ = try? Self.run("ip netns delete \(name)") }
  }

  @discardableResult
  func onDirector(_ command: String) throws -> String { try Self.run("nsenter --net=/run/netns/\(director) \(command)") }

  @discardableResult
  func onServers(_ command: String) throws -> String { try Self.run("nsenter --net=/run/netns/\(servers) \(command)") }

  /// The MAC address of a server's device, from its own kernel.
  func mac(of device: String) throws -> MACAddress {
    let words = try onServers("ip -o link show \(device)").split(separator: " ")
    let at = try #require(words.firstIndex(of: "link/ether"))
    return try #require(MACAddress(words[at + 1]))
  }

  /// Runs `body` on a thread of its own in the director's namespace. A netlink socket stays in the namespace it was opened in.
  func insideDirector<Value>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    let slot = Slot<Value>()
    let done = DispatchSemaphore(value: 0)
    let path = "/run/netns/\(director)"
    Thread.detachNewThread {
      slot.result = Result {
        try enterNamespace(path)
        return try body()
      }
      done.signal()
    }
    done.wait()
    return try #require(slot.result).get()
  }

  // Unchecked: written by the thread before it signals, read after that.
  private final class Slot<Value>: @unchecked Sendable {
    var result: Result<Value, any Error>?
  }

  /// Runs many `ip` commands, one per line.
  func onDirector(batch lines: [String]) throws {
    let path = "/tmp/\(director).batch"
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    defer { unlink(path) }
    try onDirector("ip -batch \(path)")
  }

  /// Words separated by single spaces; no shell. Returns standard output; throws with all output if the exit code isn't 0.
  @discardableResult
  private static func run(_ command: String) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command.split(separator: " ").map(String.init)
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CommandFailed(command: command, said: said) }
    return said
  }

  struct CommandFailed: Error, CustomStringConvertible {
    let command: String
    let said: String
    var description: String { "\(command): \(said)" }
  }
}

/// Moves the calling thread. Swift's Glibc doesn't import setns.
private func enterNamespace(_ path: String) throws {
  typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
  let symbol = try #require(dlsym(nil, "setns"))
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  try #require(descriptor >= 0, "\(path) can't be opened")
  defer { close(descriptor) }
  let newNetwork: Int32 = 0x4000_0000  // CLONE_NEWNET of linux/sched.h
  try #require(unsafeBitCast(symbol, to: SetNamespace.self)(descriptor, newNetwork) == 0, "setns failed, errno \(errno)")
}

/// Checks every 20 ms until `condition` holds. False: it did not within the time.
func holds(within limit: Duration, _ condition: () throws -> Bool) throws -> Bool {
  let end = ContinuousClock.now + limit
  repeat {
    if try condition() { return true }
    usleep(20_000)
  } while ContinuousClock.now < end
  return try condition()
}
