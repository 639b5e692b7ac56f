import CReflector
import Glibc

/// The reflector in C, in a thread of this process.
final class Reflector {
  static let threadName = "reflector-0"
  private let reflector: OpaquePointer

  init(on interface: String, cpu: Int32) throws {
    var started: OpaquePointer?
    let error = reflector_start(&started, interface, Self.threadName, cpu)
    try Self.check(error, "start the reflector on \(interface)")
    guard let started else { throw BenchDaemon.Failure(description: "no reflector on \(interface)") }
    reflector = started
  }

  func stop() { reflector_stop(reflector) }

  static func check(_ result: Int32, _ what: String) throws {
    guard result < 0 else { return }
    throw BenchDaemon.Failure(description: "can't \(what): \(String(cString: strerror(-result)))")
  }
}

/// Frames of 64 bytes on the wire, of known UDP flows, made by the kernel itself: more than any program can send into a veth pair.
struct Generator {
  private let program: Int32
  private let frame: [UInt8]

  init(through interface: String, flows: Int) throws {
    program = generator_load(interface, Int32(flows))
    try Reflector.check(program, "load the generator (Linux 5.18 or later)")
    // As from a router: what comes back is not for this host, and the kernel drops it early, for both sides alike.
    frame = withUnsafeTemporaryAllocation(byteCount: HostilePacket.plain.length, alignment: 8) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      if let start = bytes.baseAddress { HostilePacket.plain.write(to: start, 0) }
      return Array(bytes[0..<6]) + BenchNamespace.gateway + Array(bytes[12...])
    }
  }

  /// Sends this many frames, all by one call: each call waits for the kernel's readers before and after it, for milliseconds.
  func send(_ count: Int) throws {
    try Reflector.check(generator_send(program, frame, frame.count, UInt32(count)), "send frames")
  }
}
