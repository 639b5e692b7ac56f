import Foundation
import Glibc
import KernelCalls

/// A network namespace that ends with the process: a veth pair d0-s0, 10.0.0.1/24 on d0, and 10.64/10 behind the gateway 10.0.0.2.
enum BenchNamespace {
  static let d0: [UInt8] = [2, 0, 0, 0, 0, 0xd0]
  static let s0: [UInt8] = [2, 0, 0, 0, 0, 0x50]
  static let gateway: [UInt8] = [2, 0, 0, 0, 2, 1]

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Moves the calling thread into it, with the sockets and commands that it starts.
  /// - Parameter queues: of the veth pair, to receive from and to send by.
  static func enter(queues: Int = 1) throws {
    let error = kernel_enter_own_namespaces()
    guard error == 0 else {
      throw Failure(description: "can't make a network namespace: \(String(cString: strerror(-error))); run as root")
    }
    try addPair("d0", "s0", queues: queues)
    try ip([
      "address add 10.0.0.1/24 dev d0",
      "address add fd00::1/64 dev d0 nodad",
      "route add 10.64.0.0/10 via 10.0.0.2", "neigh replace \(gateway(1))",
    ])
  }

  /// Adds a veth pair with the MAC addresses of d0 and s0, both ends up.
  static func addPair(_ near: String, _ far: String, queues: Int = 1) throws {
    let options = "numrxqueues \(queues) numtxqueues \(queues)"
    try ip([
      "link add \(near) address \(text(d0)) \(options) type veth peer name \(far) address \(text(s0)) \(options)",
      "link set \(near) up", "link set \(far) up",
    ])
  }

  private static func text(_ mac: [UInt8]) -> String { mac.map { String($0, radix: 16) }.joined(separator: ":") }

  /// Arguments of `ip neigh` for the gateway with one of two MAC addresses.
  static func gateway(_ number: Int) -> String { "10.0.0.2 lladdr 02:00:00:00:02:0\(number) dev d0 nud permanent" }

  /// Runs many commands with one `ip`.
  static func ip(_ lines: [String]) throws {
    let path = NSTemporaryDirectory() + "sluice-bench-\(getpid()).batch"
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    defer { unlink(path) }
    try run(["/usr/bin/env", "ip", "-batch", path])
  }

  /// Not Foundation's Process, which needs the loopback device, and that is down in a new namespace.
  private static func run(_ words: [String]) throws {
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, words[0], nil, nil, &arguments, environ)
    guard error == 0 else { throw Failure(description: "can't start \(words[0]): \(String(cString: strerror(error)))") }
    var status: Int32 = 0
    guard waitpid(pid, &status, 0) == pid, status == 0 else {
      throw Failure(description: "\(words.joined(separator: " ")) failed, see above")
    }
  }

  /// Resident memory in bytes, without memory that the allocator could release.
  static func residentBytes() -> Int {
    typealias Trim = @convention(c) (Int) -> Int32
    if let symbol = dlsym(nil, "malloc_trim") { _ = unsafeBitCast(symbol, to: Trim.self)(0) }
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
  }
}
