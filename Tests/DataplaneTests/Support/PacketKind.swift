import Control
import Forwarding

/// A packet that clients send in these tests and what has to become of it.
struct PacketKind {
  let frame: [UInt8]
  /// Interface slot it leaves by; nil: it doesn't.
  let egress: Int?
  /// What stands in front of the IP packet when it leaves.
  let header: [UInt8]
  let outcome: Outcome

  /// Where the client's IP packet begins in `frame`.
  var network: Int { frame.count - packetLength }
  private let packetLength: Int

  /// To the service of `Town` at that port of its VIP; `outcome` other than forwarded: refused.
  init(port: UInt16, payload: Int, outcome: Outcome = .forwarded, _ change: (inout TestFrame) -> Void = { _ in }) throws {
    let frame = TestFrame {
      $0.port = port
      $0.payload = [UInt8](repeating: 0x55, count: payload)
      change(&$0)
    }
    let packet = frame.packet
    self.frame = frame.bytes
    packetLength = packet.count
    let service = Town.services.first { $0.name == "tcp \(Town.vip):\(port)" }
    guard let service, outcome == .forwarded || outcome == .droppedTransmitFull else {
      (egress, header, self.outcome) = (nil, [], outcome)
      return
    }
    self.outcome = outcome
    egress = outcome == .forwarded ? service.egress : nil
    var header = try Town.mac(server: service.server).bytes + Town.mac(source: service.egress).bytes + [0x08, 0x00]
    if service.method == .ipip {
      var outer = [0x45, 0] + big(UInt16(packet.count + 20)) + [0, 0, 0x40, 0, 64, 4, 0, 0]
      outer += Town.tunnelSource.bytes[12...] + service.server.bytes[12...]
      let sum = big(checksum(outer))
      (outer[10], outer[11]) = (sum[0], sum[1])
      header += outer
    }
    self.header = header
  }

  /// One of each kind and of several sizes; every payload has room for a serial number.
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
      ]
    }
  }
}
