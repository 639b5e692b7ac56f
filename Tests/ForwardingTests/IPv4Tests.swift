import Testing

@testable import Forwarding

/// The refusals of Docs/packets.md, row by row, each with a similar packet that is accepted.
@Suite struct IPv4Tests {
  @Test(arguments: headers) func `an IPv4 header`(_ test: Case) { test.check() }

  static let headers: [Case] = [
    .tcp("a valid packet is forwarded", .forwarded),
    .udp("a valid UDP datagram is forwarded", .forwarded),
    .tcp("a header length of 16 bytes is refused", .droppedBadHeader) { $0.words = 4 },
    .tcp("a header length of 0 is refused", .droppedBadHeader) { $0.words = 0 },
    .tcp("a header length of 60 bytes beyond the frame's end is refused", .droppedBadLength) {
      $0.destination = [10, 0, 0, 101]  // any port: the ports are not where the header length says
      $0.words = 15
    },
    .tcp("options are accepted", .forwarded) { $0.options = [0x94, 4, 0, 0] },
    .tcp("forty bytes of options are accepted", .forwarded) { $0.options = [UInt8](repeating: 1, count: 40) },
    .tcp("a total length of one byte more than the frame is refused", .droppedBadLength) { $0.totalLength = 41 },
    .tcp("a total length of 65535 is refused", .droppedBadLength) { $0.totalLength = 0xffff },
    .tcp("a total length of 0 is refused", .droppedBadLength) { $0.totalLength = 0 },
    .tcp("a total length below the header's is refused", .droppedBadLength) { $0.totalLength = 19 },
    .tcp("a total length without room for TCP is refused", .droppedBadLength) { $0.totalLength = 39 },
    .tcp("padding after the packet is accepted", .forwarded) { $0.padding = 6 },
    .tcp("a wrong header checksum is refused", .droppedBadChecksum) { $0.headerChecksum = 0x1234 },
    .tcp("a header checksum of 0 that is wrong is refused", .droppedBadChecksum) { $0.headerChecksum = 0 },
    .tcp("a header checksum covers the options", .droppedBadChecksum) {
      $0.options = [1, 1, 1, 1]
      $0.headerChecksum = Reference.checksum(Array(ClientPacket().packet[..<10]))
    },
    .tcp("TTL 0 is refused", .droppedTTL) { $0.ttl = 0 },
    .tcp("TTL 1 is answered", .answeredTimeExceeded) { $0.ttl = 1 },
    .tcp("version 6 in an IPv4 frame goes to the kernel", .notForService) { $0.version = 6 },
    .tcp("another protocol goes to the kernel", .notForService) { $0.number = 1 },
  ]

  @Test(arguments: sources) func `a source address`(_ test: Case) { test.check() }

  static let sources: [Case] = [
    .tcp("0.0.0.0", .droppedSource) { $0.source = [0, 0, 0, 0] },
    .tcp("0.1.2.3", .droppedSource) { $0.source = [0, 1, 2, 3] },
    .tcp("1.0.0.0", .forwarded) { $0.source = [1, 0, 0, 0] },
    .tcp("126.255.255.255", .forwarded) { $0.source = [126, 255, 255, 255] },
    .tcp("127.0.0.1", .droppedSource) { $0.source = [127, 0, 0, 1] },
    .tcp("127.255.255.255", .droppedSource) { $0.source = [127, 255, 255, 255] },
    .tcp("128.0.0.0", .forwarded) { $0.source = [128, 0, 0, 0] },
    .tcp("223.255.255.255", .forwarded) { $0.source = [223, 255, 255, 255] },
    .tcp("224.0.0.1", .droppedSource) { $0.source = [224, 0, 0, 1] },
    .tcp("239.255.255.255", .droppedSource) { $0.source = [239, 255, 255, 255] },
    .tcp("240.0.0.1", .forwarded) { $0.source = [240, 0, 0, 1] },
    .tcp("255.255.255.254", .forwarded) { $0.source = [255, 255, 255, 254] },
    .tcp("255.255.255.255", .droppedSource) { $0.source = [255, 255, 255, 255] },
    .tcp("the VIP itself (a LAND attack) is refused", .droppedSource) { $0.source = [10, 0, 0, 100] },
    .tcp("another VIP is refused", .droppedSource) { $0.source = [10, 0, 0, 101] },
    .udp("a VIP without a service of this protocol is refused", .droppedSource) { $0.source = [10, 0, 0, 102] },
    .tcp("the address next to a VIP is accepted", .forwarded) { $0.source = [10, 0, 0, 103] },
  ]

  @Test(arguments: transports) func `a transport header`(_ test: Case) { test.check() }

  static let transports: [Case] = [
    .tcp("a TCP data offset of 4 is refused", .droppedBadHeader) { $0.dataOffset = 4 },
    .tcp("a TCP data offset of 0 is refused", .droppedBadHeader) { $0.dataOffset = 0 },
    .tcp("a TCP data offset beyond the packet is refused", .droppedBadLength) { $0.dataOffset = 6 },
    .tcp("a TCP data offset at the packet's end is forwarded", .forwarded) {
      $0.dataOffset = 6
      $0.payload = [1, 1, 1, 1]
    },
    .tcp("a TCP data offset beyond the packet, into padding, is refused", .droppedBadLength) {
      $0.dataOffset = 6
      $0.padding = 10
    },
    .tcp("nineteen bytes of TCP are refused", .droppedBadLength) { $0.transport = Array(valid[..<19]) },
    .tcp("four bytes of TCP are refused", .droppedBadLength) { $0.transport = Array(valid[..<4]) },
    .tcp("nineteen bytes of TCP in a first fragment are refused", .droppedFragment) {
      $0.transport = Array(valid[..<19])
      $0.fragment = 0x2000
    },
    .tcp("twenty bytes of TCP in a first fragment are forwarded", .forwarded) { $0.fragment = 0x2000 },
    .tcp("a first fragment that ends within the TCP options is forwarded", .forwarded) {
      $0.fragment = 0x2000
      $0.dataOffset = 15
    },
    .tcp("a data offset below 5 in a first fragment is refused", .droppedBadHeader) {
      $0.fragment = 0x2000
      $0.dataOffset = 4
    },
    .udp("a UDP length of 8 is forwarded", .forwarded) {
      $0.payload = []
    },
    .udp("a UDP length of 7 is refused", .droppedBadLength) { $0.udpLength = 7 },
    .udp("a UDP length of 0 is refused", .droppedBadLength) { $0.udpLength = 0 },
    .udp("a UDP length one byte beyond the packet is refused", .droppedBadLength) {
      $0.udpLength = UInt16(8 + $0.payload.count + 1)
    },
    .udp("a UDP length beyond the packet, into padding, is refused", .droppedBadLength) {
      $0.udpLength = UInt16(8 + $0.payload.count + 1)
      $0.padding = 4
    },
    .udp("a UDP length below the packet's is forwarded", .forwarded) { $0.udpLength = 8 },
    .udp("seven bytes of UDP are refused", .droppedBadLength) { $0.transport = [0x9c, 0x40, 0, 53, 0, 8, 0] },
    .udp("seven bytes of UDP in a first fragment are refused", .droppedFragment) {
      $0.transport = [0x9c, 0x40, 0, 53, 0, 8, 0]
      $0.fragment = 0x2000
    },
    .udp("eight bytes of UDP in a first fragment are forwarded, whatever the datagram's length", .forwarded) {
      $0.payload = []
      $0.udpLength = 4000
      $0.fragment = 0x2000
    },
    .udp("a UDP length of 7 in a first fragment is refused", .droppedBadLength) {
      $0.udpLength = 7
      $0.fragment = 0x2000
    },
  ]

  /// A TCP header for port 80.
  static let valid: [UInt8] = [0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0xab, 0xcd, 0, 0]

  @Test func `a frame truncated anywhere is never forwarded and never read beyond its end`() {
    for packet in [ClientPacket { $0.payload = [1, 2, 3] }, .udp(), ClientPacket { $0.options = [1, 1, 1, 1] }] {
      let whole = packet.bytes
      for length in 0..<whole.count {
        let guarded = GuardedFrame(Array(whole[..<length]), headroom: 0, end: .right)
        let director = TestDirector()
        var frames = [guarded.frame]
        var verdict = Verdict.drop(.droppedTransmitFull, server: 0)
        director.forwarder.process(&frames, count: 1, director.tables.half, now: 0, into: &verdict)
        director.forwarder.count(&verdict, 1)
        let ports = 14 + 20 + packet.options.count + 4
        #expect(verdict.outcome == (length < ports ? .notForService : .droppedBadLength), "\(length) of \(whole.count) bytes")
      }
    }
  }

  @Test func `a broken packet that is not for a service goes to the kernel`() {
    let breakages: [(inout ClientPacket) -> Void] = [
      { $0.words = 4 }, { $0.totalLength = 0 }, { $0.headerChecksum = 1 }, { $0.ttl = 0 }, { $0.source = [127, 0, 0, 1] },
      { $0.dataOffset = 0 }, { $0.fragment = 0x2000 },
    ]
    for breakage in breakages {
      let packet = ClientPacket {
        $0.destination = [10, 0, 0, 99]
        breakage(&$0)
      }
      #expect(TestDirector().forward(packet).outcome == .notForService)
    }
  }
}
