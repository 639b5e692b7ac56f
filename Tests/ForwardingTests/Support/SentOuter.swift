import ABI

@testable import Forwarding

/// A director with one tunnelled server, and the outer packet that it sent there.
struct SentOuter {
  let director: TestDirector
  /// From the IP header on.
  let outer: [UInt8]
  let overhead: Int
  let isIPv6: Bool
  var server: sluice_server { director.tables.half.servers[0] }

  init(_ path: Path, mtu: UInt16 = 1500, tags: [UInt16] = [], _ change: (TestTables) -> Void = { _ in }) {
    let tables = path.tables(mtu: mtu, tags: tags)
    change(tables)
    self.init(TestDirector(tables), path)
  }

  init(_ director: TestDirector, _ path: Path) {
    self.director = director
    let client = ClientPacket { $0.payload = [UInt8](repeating: 1, count: 1380) }
    outer = Array(director.forward(client).bytes.dropFirst(14 + 4 * Int(director.tables.half.servers[0].flags >> 6)))
    overhead = Reference.overhead(director.tables.half.servers[0])
    isIPv6 = path.toIPv6
  }

  /// A router's error about the outer packet, to its source.
  ///
  /// - Parameters:
  ///   - bytes: length of the quote; by default as much as RFC 1812 and RFC 4443 allow.
  ///   - length: total length that the quoted header claims; by default a byte more than the MTU.
  ///   - tags: of the frame.
  func error(
    _ mtu: UInt16,
    bytes: Int? = nil,
    length: UInt16? = nil,
    tags: [UInt16] = [],
    _ change: (inout [UInt8]) -> Void = { _ in }
  ) -> [UInt8] {
    var quote = outer
    let length = length ?? (mtu == .max ? mtu : mtu + 1)
    quote.replaceSubrange(isIPv6 ? 4..<6 : 2..<4, with: big(isIPv6 ? length &- 40 : length))
    change(&quote)
    if isIPv6 {
      return ClientPacketIPv6.icmp6([2, 0, 0, 0, 0, 0] + big(mtu) + quote.prefix(bytes ?? 1232)) {
        $0.source = ClientPacketIPv6.client(0x99)
        $0.destination = Array(quote[8..<24])
        $0.tags = tags.map { (0x8100, $0) }
      }.bytes
    }
    return ClientPacket.icmp([3, 4, 0, 0, 0, 0] + big(mtu) + quote.prefix(bytes ?? 548)) {
      $0.source = [203, 0, 113, 9]
      $0.destination = Array(quote[12..<16])
      $0.tags = tags.map { (0x8100, $0) }
    }.bytes
  }

  /// The router reports this MTU; returns the outcome.
  @discardableResult
  func learn(_ mtu: UInt16) -> Outcome { director.forward([error(mtu)])[0].outcome }

  /// The MTU that the director has learned.
  var learned: Int? { director.tables.half.learned(0, now: director.now).map { Int($0.mtu) } }

  /// The largest client packet that is still forwarded through the tunnel, found by trial.
  var room: Int {
    (500...1600).last { size in
      director.forward(ClientPacket { $0.payload = [UInt8](repeating: 1, count: size - 40) }).outcome == .forwarded
    } ?? 0
  }
}
