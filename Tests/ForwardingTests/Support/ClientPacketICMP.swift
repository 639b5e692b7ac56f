@testable import Forwarding

/// ICMP messages of a client or a router, with a correct checksum.
enum ICMPMessage {
  static func checked(_ message: [UInt8], pseudoHeader: [UInt8] = []) -> [UInt8] {
    var message = message
    message.replaceSubrange(2..<4, with: [0, 0])
    message.replaceSubrange(2..<4, with: big(Reference.checksum(pseudoHeader + message)))
    return message
  }
}

extension ClientPacket {
  /// To 10.0.0.100 unless the test changes it.
  static func icmp(_ message: [UInt8], _ change: (inout ClientPacket) -> Void = { _ in }) -> ClientPacket {
    ClientPacket {
      $0.number = 1
      $0.transport = ICMPMessage.checked(message)
      change(&$0)
    }
  }

  static func echo(
    _ rest: [UInt8] = [0x12, 0x34, 0, 7] + Array("are you there?".utf8),
    _ change: (inout ClientPacket) -> Void = { _ in }
  )
    -> ClientPacket
  {
    icmp([8, 0, 0, 0] + rest, change)
  }

  /// The start of a real server's packet to `client`: addresses and ports are swapped.
  static func reply(to client: ClientPacket = ClientPacket(), _ change: (inout ClientPacket) -> Void = { _ in }) -> ClientPacket {
    ClientPacket {
      $0.number = client.number
      $0.source = client.destination
      $0.destination = client.source
      $0.sourcePort = client.destinationPort
      $0.destinationPort = client.sourcePort
      $0.tcpFlags = 0x12
      change(&$0)
    }
  }
}

extension ClientPacketIPv6 {
  static func icmp6(_ message: [UInt8], _ change: (inout ClientPacketIPv6) -> Void = { _ in }) -> ClientPacketIPv6 {
    ClientPacketIPv6 {
      $0.number = 58
      $0.transport = message
      change(&$0)
      let pseudo = $0.source + $0.destination + [0, 58] + big(UInt16(message.count))
      $0.transport = ICMPMessage.checked($0.transport ?? message, pseudoHeader: pseudo)
    }
  }

  static func echo6(
    _ rest: [UInt8] = [0x12, 0x34, 0, 7] + Array("are you there?".utf8),
    _ change: (inout ClientPacketIPv6) -> Void = { _ in }
  ) -> ClientPacketIPv6 {
    icmp6([128, 0, 0, 0] + rest, change)
  }

  static func reply6(to client: ClientPacketIPv6 = ClientPacketIPv6(), _ change: (inout ClientPacketIPv6) -> Void = { _ in })
    -> ClientPacketIPv6
  {
    ClientPacketIPv6 {
      $0.number = client.number
      $0.source = client.destination
      $0.destination = client.source
      $0.sourcePort = client.destinationPort
      $0.destinationPort = client.sourcePort
      $0.tcpFlags = 0x12
      change(&$0)
    }
  }
}
