import ABI
import CXDP
import Forwarding
import Glibc
import KernelCalls
import Model
import Reconciler
import Testing

@testable import AFXDP

/// A director on a stick: one interface, clients on one VLAN, real servers on others. The kernel of the test machine may lack
/// VLAN devices, so the far end builds and parses the tags itself; the steering program, the worker and the driver are the real
/// ones.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct VLANTrunkTests {
  private typealias Tags = [(type: UInt16, tci: UInt16)]

  private static let services = [
    TestTopology.Service(name: "tcp 10.0.0.100:80", server: IPAddress(10, 0, 1, 10)),
    TestTopology.Service(name: "tcp 10.0.0.100:81", server: IPAddress(10, 0, 1, 11), tags: [VLANTag(20)]),
    TestTopology.Service(
      name: "tcp 10.0.0.100:82",
      server: IPAddress(10, 0, 1, 12),
      tags: [VLANTag(30, isProvider: true), VLANTag(21)]
    ),
    TestTopology.Service(name: "tcp 10.0.0.100:83", server: IPAddress(10, 0, 1, 13), method: .ipip, tags: [VLANTag(22)]),
  ]
  /// The tags of the server's path, by the last digit of the port.
  private static let paths: [Tags] = [[], [(0x8100, 20)], [(0x88a8, 30), (0x8100, 21)], [(0x8100, 22)]]
  /// A client's tags: none, 802.1Q with a priority, 802.1ad outside 802.1Q.
  private static let clients: [Tags] = [[], [(0x8100, 0x600a)], [(0x88a8, 0x200b), (0x8100, 10)]]

  @Test("A client's packets leave with the tags of the path to their server, whatever tags they arrived with")
  func forwards() throws {
    let outcomes = try Self.inside { trunk in
      for (number, tags) in Self.clients.enumerated() {
        for (digit, path) in Self.paths.enumerated() {
          let frame = TestFrame {
            $0.destinationMAC = trunk.director
            $0.tags = tags
            $0.port = 80 + UInt16(digit)
            $0.sourcePort = 40000 + UInt16(number)
            $0.payload = [UInt8](repeating: 0x5a, count: 1200)
          }
          try check(trunk.send(frame.bytes), "a frame is sent")
          let link = [0x02, 0xaa, 0, 0, 0, 10 + UInt8(digit), 0x02, 0xbb, 0, 0, 0, 0] + Self.bytes(path) + [0x08, 0]
          try check(trunk.awaits { Self.matches($0, link, hop(frame.packet), isTunnel: digit == 3) }, "\(tags) to port 8\(digit)")
        }
      }
    }
    #expect(outcomes[Outcome.forwarded.index] == 12)
  }

  @Test("A reply goes back with the request's tags and their priority")
  func answers() throws {
    let outcomes = try Self.inside { trunk in
      for tags in Self.clients {
        let message = echo
        let frame = TestFrame {
          $0.destinationMAC = trunk.director
          $0.tags = tags
          $0.number = 1
          $0.transport = message
        }
        try check(trunk.send(frame.bytes), "an echo request is sent")
        let link = [0x02, 0, 0, 0, 0, 0xc1] + trunk.director + Self.bytes(tags) + [0x08, 0]
        try check(
          trunk.awaits { answer in
            let packet = Array(answer.dropFirst(link.count))
            return answer.starts(with: link) && packet.count >= 20 + message.count && packet[20] == 0
              && Array(packet[12..<20]) == frame.destination + frame.source && packet[24..<20 + message.count] == message[4...]
          },
          "an echo reply to \(tags)"
        )
      }
    }
    #expect(outcomes[Outcome.answeredEcho.index] == 3)
  }

  @Test("A tag that the other end of the veth pair keeps beside the frame is seen, and the answer has it")
  func tagBeside() throws {
    let outcomes = try Self.inside { trunk in
      // Only frames for a VIP get it back: what the kernel gets is as before.
      try check(kernel_tag_frames("v1", 0x600a) == 0, "v1 tags its frames")
      let frame = TestFrame {
        $0.destinationMAC = trunk.director
        $0.number = 1
        $0.transport = echo
      }
      try check(trunk.send(frame.bytes), "an echo request is sent")
      let link = [0x02, 0, 0, 0, 0, 0xc1] + trunk.director + Self.bytes([(0x8100, 0x600a)]) + [0x08, 0]
      try check(trunk.awaits { $0.starts(with: link) && $0.count > 38 && $0[38] == 0 }, "an echo reply with the tag")
    }
    #expect(outcomes[Outcome.answeredEcho.index] == 1)
  }

  /// The client's packet after this link header, with IP-in-IP between them if tunnelled.
  private static func matches(_ frame: [UInt8], _ link: [UInt8], _ packet: [UInt8], isTunnel: Bool) -> Bool {
    let rest = frame.dropFirst(link.count)
    guard frame.starts(with: link) else { return false }
    return isTunnel ? rest.dropFirst(9).first == 4 && Array(rest.dropFirst(20)) == packet : Array(rest) == packet
  }

  private static func bytes(_ tags: Tags) -> [UInt8] { tags.flatMap { big($0.type) + big($0.tci) } }

  /// How many frames had each outcome.
  private static func inside(_ body: @escaping @Sendable (Trunk) throws -> Void) throws -> [UInt64] {
    try OwnNamespaces.inside {
      let engine = try Engine(EngineOptions(interfaces: ["v0"], flows: 1024, capacity: TestTopology.capacity))
      try TestTopology.write(services, into: engine.tables)
      engine.publish(engine.tables)
      try engine.start()
      try body(Trunk("v1", director: engine.interfaces[0].mac.bytes))
      let outcomes = Outcome.allCases.map { engine.counters[0].outcomes[$0.index] }
      engine.stop()
      return outcomes
    }
  }
}

/// An echo request.
private let echo: [UInt8] = {
  var message: [UInt8] = [8, 0, 0, 0, 0x12, 0x34, 0, 1] + [UInt8](repeating: 0xa5, count: 48)
  message.replaceSubrange(2..<4, with: big(checksum(message)))
  return message
}()

/// The far end of the director's cable.
private final class Trunk {
  let director: [UInt8]
  private let wire: Int32

  init(_ interface: String, director: [UInt8]) throws {
    self.director = director
    wire = kernel_open_frames(interface)
    try check(wire >= 0, "a packet socket on \(interface)")
  }

  deinit { close(wire) }

  func send(_ frame: [UInt8]) -> Bool { Glibc.send(wire, frame, frame.count, 0) == frame.count }

  /// Whether such a frame arrives within a second; the kernels send frames of their own as well, for neighbour discovery.
  func awaits(_ isWanted: ([UInt8]) -> Bool) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<100 {
      let length = kernel_receive_frame(wire, &buffer, buffer.count)
      guard length > 0 else { return false }
      if isWanted(Array(buffer[..<Int(length)])) { return true }
    }
    return false
  }
}
