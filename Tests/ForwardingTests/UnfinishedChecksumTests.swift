import ABI
import Packet
import Testing

@testable import Forwarding

/// Packets whose TCP or UDP checksum field has only the pseudo header's sum, as a veth pair delivers them.
@Suite struct UnfinishedChecksumTests {
  /// The frame with the field as the sender's kernel leaves it, or complete.
  private func frame(_ packet: ClientPacket, complete: Bool) -> [UInt8] {
    var bytes = packet.bytes
    let field = bytes[23] == 17 ? 40 : 50
    write(0, field, &bytes)
    let length = UInt16(packet.packet.count - 20)
    let pseudo = Array(bytes[26..<34]) + [0, bytes[23]] + big(length)
    // Reference.checksum is the complement of the sum.
    write(~Reference.checksum(pseudo), field, &bytes)
    guard complete else { return bytes }
    write(0, field, &bytes)
    write(Reference.checksum(pseudo + bytes[34..<34 + Int(length)]), field, &bytes)
    return bytes
  }

  private func write(_ value: UInt16, _ at: Int, _ bytes: inout [UInt8]) {
    (bytes[at], bytes[at + 1]) = (UInt8(value >> 8), UInt8(value & 255))
  }

  private func sent(_ frame: [UInt8], unfinishedOn: UInt16) -> (payload: [UInt8], completed: UInt64) {
    let director = TestDirector(unfinishedOn: unfinishedOn)
    let forwarded = director.forward([frame])[0]
    // Behind whatever headers the server's method puts in front.
    return (Array(forwarded.bytes.suffix(frame.count - 34)), director.counters.completed.pointee)
  }

  @Test(arguments: [ClientPacket { $0.payload = [1, 2, 3] }, ClientPacket { $0.sourcePort = 7 }, .udp()])
  func `an unfinished checksum is completed where that is wanted, and nowhere else`(packet: ClientPacket) {
    let (unfinished, complete) = (frame(packet, complete: false), frame(packet, complete: true))
    let wanted = Array(complete.dropFirst(34))
    #expect(sent(unfinished, unfinishedOn: 1) == (wanted, 1))
    #expect(sent(unfinished, unfinishedOn: 2) == (Array(unfinished.dropFirst(34)), 0), "another interface")
    #expect(sent(complete, unfinishedOn: 1) == (wanted, 0), "a complete one stays")
  }

  /// One in 65536 complete checksums equals the pseudo header's sum.
  @Test func `a complete checksum that looks unfinished stays`() throws {
    let alike = (0..<200_000 as Range<UInt32>).lazy.compactMap { number -> [UInt8]? in
      let packet = ClientPacket { $0.sequence = number &* 2_654_435_761 }
      let complete = frame(packet, complete: true)
      return complete == frame(packet, complete: false) ? complete : nil
    }.first
    let found = try #require(alike)
    #expect(sent(found, unfinishedOn: 1) == (Array(found.dropFirst(34)), 0))
  }
}
