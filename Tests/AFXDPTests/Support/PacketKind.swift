import Forwarding
import Model
import Reconciler

/// A kind of packet that clients send in these tests, and its expected result.
struct PacketKind {
  let frame: [UInt8]
  /// The interface slot it leaves through; nil: it is not sent.
  let egress: Int?
  /// The bytes before the IP packet when it leaves.
  let header: [UInt8]
  let outcome: Outcome

  /// The path's largest IP packet; a longer one leaves in fragments.
  let room: Int

  /// The offset of the client's IP packet in `frame`.
  var network: Int { frame.count - packetLength }
  private let packetLength: Int

  /// A packet to the service of `TestTopology` at that port of its VIP; it is dropped if `outcome` is not forwarded.
  init(port: UInt16, payload: Int, outcome: Outcome = .forwarded, _ change: (inout TestFrame) -> Void = { _ in }) throws {
    let frame = TestFrame {
      $0.port = port
      $0.payload = [UInt8](repeating: 0x55, count: payload)
      change(&$0)
    }
    let packet = frame.packet
    self.frame = frame.bytes
    packetLength = packet.count
    let service = TestTopology.services.first { $0.name == "tcp \(TestTopology.vip):\(port)" }
    guard let service, outcome == .forwarded || outcome == .droppedTransmitFull else {
      (egress, header, self.outcome, room) = (nil, [], outcome, 0)
      return
    }
    self.outcome = outcome
    egress = outcome == .forwarded ? service.egress : nil
    var header =
      try TestTopology.mac(server: service.server).bytes + TestTopology.mac(source: service.egress).bytes + [0x08, 0x00]
    room = service.mtu - (service.method == .ipip ? 20 : 0)
    if service.method == .ipip {
      var outer = [0x45, 0] + big(UInt16(packet.count + 20)) + [0, 0, 0x40, 0, 64, 4, 0, 0]
      outer += TestTopology.tunnelSource.bytes[12...] + service.server.bytes[12...]
      let sum = big(checksum(outer))
      (outer[10], outer[11]) = (sum[0], sum[1])
      header += outer
    }
    self.header = header
  }

  /// One packet of each kind and of several sizes; every payload has room for a serial number.
  static func all() throws -> [PacketKind] {
    try [8, 250, 1400].flatMap { size in
      [
        try PacketKind(port: 80, payload: size),
        try PacketKind(port: 81, payload: size),
        try PacketKind(port: 82, payload: size),
        try PacketKind(port: 80, payload: size) { $0.tags = [(0x88a8, 5), (0x8100, 6)] },
        try PacketKind(port: 83, payload: size, outcome: .droppedTransmitFull),
        try PacketKind(port: 84, payload: size, outcome: .notForService),
        try PacketKind(port: 80, payload: size, outcome: .droppedBadChecksum) { $0.hasBadChecksum = true },
        try PacketKind(port: 90, payload: size) { $0.fragment = 0 },
        try PacketKind(port: 91, payload: size) { $0.fragment = size < 400 ? 0x4000 : 0 },
      ]
    }
  }

  /// The frames in which a packet of this kind leaves if it is too long for its path, by RFC 791 3.2. The outer header's
  /// identification is the director's choice, so it and the checksum are 0.
  func outputFragments(of packet: [UInt8]) -> [[UInt8]] {
    let most = (room - 20) / 8 * 8
    return stride(from: 20, to: packet.count, by: most).map { start in
      let end = min(start + most, packet.count)
      var outputFragment = Array(packet[..<20]) + packet[start..<end]
      outputFragment.replaceSubrange(2..<4, with: big(UInt16(outputFragment.count)))
      outputFragment.replaceSubrange(6..<8, with: big(UInt16((start - 20) / 8) | (end < packet.count ? 0x2000 : 0)))
      outputFragment.replaceSubrange(10..<12, with: [0, 0])
      outputFragment.replaceSubrange(10..<12, with: big(checksum(Array(outputFragment[..<20]))))
      var header = header
      if header.count > 14 {
        header.replaceSubrange(16..<18, with: big(UInt16(20 + outputFragment.count)))
        header.replaceSubrange(20..<22, with: [0, 0])
        header.replaceSubrange(24..<26, with: [0, 0])
      }
      return header + outputFragment
    }
  }
}
