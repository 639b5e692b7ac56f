import ABI
import Packet

/// IP headers of packets that the director originates: TTL and hop limit 64, no options. Addresses in memory order.
enum Originate {
  /// - Parameters:
  ///   - payload: length of the payload.
  ///   - fragment: flags and offset.
  @inline(__always) @_noLocks
  static func ipv4(
    _ header: UnsafeMutableRawPointer,
    payload: Int,
    _ number: UInt8,
    typeOfService: UInt8,
    identification: UInt16 = 0,
    fragment: UInt16 = 0x4000,
    from source: UInt32,
    to destination: UInt32
  ) {
    header.set8(0, 0x45)
    header.set8(1, typeOfService)
    header.set16(2, UInt16(truncatingIfNeeded: payload &+ IPv4.headerLength))
    header.set16(4, identification)
    header.set16(6, fragment)
    header.set8(8, 64)
    header.set8(9, number)
    header.setRaw16(10, 0)
    header.setRaw32(12, source)
    header.setRaw32(16, destination)
    header.setRaw16(10, ~Checksum.sum(ofHeader: header, words: 5))
  }

  @inline(__always) @_noLocks
  static func ipv6(
    _ header: UnsafeMutableRawPointer,
    payload: Int,
    _ number: UInt8,
    trafficClass: UInt8 = 0,
    from source: (UInt64, UInt64),
    to destination: (UInt64, UInt64)
  ) {
    header.setRaw32(0, (0x6000_0000 | UInt32(trafficClass) &<< 20).bigEndian)
    header.set16(4, UInt16(truncatingIfNeeded: payload))
    header.set8(6, number)
    header.set8(7, 64)
    header.setRaw64(8, source.0)
    header.setRaw64(16, source.1)
    header.setRaw64(24, destination.0)
    header.setRaw64(32, destination.1)
  }
}
