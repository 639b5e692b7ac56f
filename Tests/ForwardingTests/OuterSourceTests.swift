import ABI
import Testing

@testable import Forwarding

/// Outer sources that depend on the flow.
@Suite struct OuterSourceTests {
  private static func sources(_ path: Path, flows: Int) -> [[UInt8]] {
    let director = TestDirector(path.tables(), buckets: 1024)
    return (0..<flows).map { flow in
      let syn = director.forward(ClientPacket { $0.sourcePort = UInt16(flow) })
      let ack = director.forward(
        ClientPacket {
          $0.sourcePort = UInt16(flow)
          $0.tcpFlags = 0x10
        }
      )
      let range = path.toIPv6 ? 22..<38 : 26..<30
      #expect(Array(syn.bytes[range]) == Array(ack.bytes[range]), "one source per flow")
      return Array(syn.bytes[range])
    }
  }

  private static let methods = [Int(SLUICE_IPIP), Int(SLUICE_GUE), Int(SLUICE_GRE)]

  @Test(arguments: methods)
  func `without a prefix every flow has the same outer source`(method: Int) {
    #expect(Set(Self.sources(Path(method: method, toIPv6: false), flows: 100)) == [TestServer.tunnelSource])
    #expect(Set(Self.sources(Path(method: method, toIPv6: true), flows: 100)) == [TestServer.tunnelSource6])
  }

  /// How many of the last bits may differ.
  private static func free(_ path: Path) -> Int { path.toIPv6 ? min(64, 128 - Int(path.prefix)) : 32 - Int(path.prefix) }

  private static let prefixes: [Path] =
    (1...31).map { Path(method: methods[$0 % 3], toIPv6: false, prefix: UInt8($0)) }
    + (1...127).map { Path(method: methods[$0 % 3], toIPv6: true, prefix: UInt8($0)) }

  @Test(arguments: prefixes)
  func `the prefix's bits stay, every other bit takes both values, in IPv6 only in the last 64 bits`(path: Path) {
    let given = path.toIPv6 ? TestServer.tunnelSource6 : TestServer.tunnelSource
    var ever = [UInt8](repeating: 0, count: given.count)
    var always = [UInt8](repeating: 255, count: given.count)
    for source in Self.sources(path, flows: 64) {
      for (place, byte) in source.enumerated() {
        ever[place] |= byte
        always[place] &= byte
      }
    }
    for bit in 0..<given.count * 8 {
      let mask = UInt8(0x80) >> UInt8(bit % 8)
      let varies = (ever[bit / 8] ^ always[bit / 8]) & mask != 0
      #expect(varies == (bit >= given.count * 8 - Self.free(path)), "bit \(bit)")
      if !varies { #expect(ever[bit / 8] & mask == given[bit / 8] & mask, "bit \(bit)") }
    }
  }

  @Test func `flows spread over the addresses of a prefix`() {
    for toIPv6 in [false, true] {
      let all = Set(Self.sources(Path(method: Int(SLUICE_IPIP), toIPv6: toIPv6, prefix: toIPv6 ? 112 : 16), flows: 1000))
      // 1000 draws out of 65536 give about 992 different ones.
      #expect(all.count > 970)
    }
  }
}
