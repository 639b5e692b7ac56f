import Foundation
import Testing

@testable import API
@testable import Model
@testable import Reconciler

@Suite struct JSONEncodingTests {
  private func json(_ value: some Encodable, chunk: Int = ChunkedBytes.usualChunk) throws -> String {
    try JSON.encode(value, chunk: chunk).text
  }

  struct Everything: Encodable {
    struct Empty: Encodable {}

    enum Kind: String, Encodable { case one }

    var zulu = 1
    var alpha: Int8 = -128
    var bravo: UInt64 = .max
    var least: Int64 = .min
    var text = "a\"b\\c\nd\u{1}e/f é\u{2028}"
    var yes = true
    var no = false
    var half = 0.5
    var small: Float = 0.25
    var whole = 75.0
    var negative = -3.0
    var tiny = 1e-7
    var huge = 1e300
    var nothing: Int?
    var list: [Int?] = [1, nil, 3]
    var lists: [[String]] = [[], ["x"]]
    var kind = Kind.one
    var empty = Empty()
    var dictionary = ["key": [1]]
  }

  @Test func `fields come in the order of their declaration, in the shortest form`() throws {
    #expect(
      try json(Everything())
        == #"{"zulu":1,"alpha":-128,"bravo":18446744073709551615,"least":-9223372036854775808,"#
        + #""text":"a\"b\\c\nd\u0001e/f é"# + "\u{2028}" + #"","yes":true,"no":false,"half":0.5,"small":0.25,"#
        + #""whole":75,"negative":-3,"tiny":1e-07,"huge":1e+300,"list":[1,null,3],"lists":[[],["x"]],"kind":"one","empty":{},"#
        + #""dictionary":{"key":[1]}}"#
    )
  }

  @Test func `a value on its own is JSON, too`() throws {
    #expect(try json("x") == #""x""#)
    #expect(try json(7) == "7")
    #expect(try json([Int]()) == "[]")
    #expect(try json(Optional<Int>.none) == "null")
    #expect(try json(Everything.Empty()) == "{}")
  }

  /// Bytes that Foundation reads as the same values, whatever the order.
  @Test func `Foundation reads what is written, as what Foundation itself had written`() throws {
    let server = RealServer(IPAddress(10, 0, 0, 2), method: .gue, tunnel: TunnelOptions(checksum: true))
    let service = VirtualService(
      ServiceKey(.udp, try #require(IPAddress("2001:db8::1")), port: 53),
      sorry: SorryServer(IPAddress(10, 0, 0, 9)),
      servers: [server]
    )
    let error = APIError(status: 404, code: "no-such-route", message: "quoted \"so\"\n")
    let change = ConfigurationChange(
      action: .change,
      service: service.key,
      server: ServerAddress(server.address),
      settings: [.init(name: "weight", from: "1", to: "0"), .init(name: "checksum", from: nil, to: "true")]
    )
    let values: [any Encodable] = [
      service, error, Applied(generation: 7, dryRun: false, changes: [change]), Sampled.status(services: 2, servers: 3),
    ]
    for value in values {
      let own = try JSONSerialization.jsonObject(with: Data(json(value).utf8))
      let other = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
      #expect(own as? NSDictionary == other as? NSDictionary)
    }
  }

  @Test func `a type may write its fields in parts`() throws {
    let server = RealServer(IPAddress(10, 0, 0, 2), method: .gre)
    #expect(try json(server) == #"{"address":"10.0.0.2","weight":1,"forward":"gre","checksum":false,"source":"interface"}"#)
  }

  struct Nested: Encodable {
    enum Keys: String, CodingKey { case outer, inner, list, after }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Keys.self)
      var inner = object.nestedContainer(keyedBy: Keys.self, forKey: .outer)
      var list = inner.nestedUnkeyedContainer(forKey: .list)
      try list.encode(1)
      var element = list.nestedContainer(keyedBy: Keys.self)
      try element.encode(true, forKey: .inner)
      var deep = list.nestedUnkeyedContainer()
      try deep.encodeNil()
      try object.encodeNil(forKey: .after)
      #expect(list.count == 3)
    }
  }

  @Test func `containers within containers are closed in time`() throws {
    #expect(try json(Nested()) == #"{"outer":{"list":[1,{"inner":true},[null]]},"after":null}"#)
  }

  @Test("A number that JSON has no text for is refused with its place", arguments: [Double.infinity, -.infinity, .nan])
  func notFinite(_ number: Double) {
    let status = ["services": [["share": number]]]
    let error = #expect(throws: EncodingError.self) { try json(status) }
    guard case .invalidValue(_, let place) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(place.codingPath.map(\.stringValue) == ["services", "share"])
    #expect(place.debugDescription.hasSuffix("can't be written as JSON"))
  }

  struct Misuse: Encodable {
    enum Keys: String, CodingKey { case a, b }

    var write: @Sendable (any Encoder) throws -> Void

    func encode(to encoder: any Encoder) throws { try write(encoder) }
  }

  @Test func `what would be wrong JSON is an error`() {
    let misuses: [@Sendable (any Encoder) throws -> Void] = [
      // An inner container after the outer one has gone on.
      { encoder in
        var outer = encoder.container(keyedBy: Misuse.Keys.self)
        var inner = outer.nestedContainer(keyedBy: Misuse.Keys.self, forKey: .a)
        try outer.encode(1, forKey: .b)
        try inner.encode(2, forKey: .a)
      },
      { encoder in
        var value = encoder.singleValueContainer()
        try value.encode(1)
        try value.encode(2)
      },
      { encoder in
        _ = encoder.container(keyedBy: Misuse.Keys.self)
        _ = encoder.unkeyedContainer()
      },
      { encoder in
        var outer = encoder.container(keyedBy: Misuse.Keys.self)
        try 1.encode(to: outer.superEncoder())
      },
    ]
    for (index, write) in misuses.enumerated() {
      #expect(throws: EncodingError.self, "\(index)") { try json(Misuse(write: write)) }
    }
  }

  @Test func `the same value gives the same bytes, in pieces of the size asked for`() throws {
    let status = Sampled.status(services: 20, servers: 30)
    let whole = try JSON.encode(status)
    let pieces = try JSON.encode(status, chunk: 1000)
    #expect(try JSON.encode(Sampled.status(services: 20, servers: 30)).chunks == whole.chunks)
    #expect(pieces.text == whole.text)
    #expect(pieces.count == whole.count)
    #expect(pieces.chunks.count > 50)
    #expect(pieces.chunks.dropLast().allSatisfy { (1000..<2000).contains($0.count) })
  }
}

/// Values of any size.
enum Sampled {
  static func status(services: Int, servers: Int) -> Status {
    Status(
      generation: 42,
      interfaces: [InterfaceStatus(name: "eth0", queues: 2, attach: "native", transfer: "copy")],
      services: (0..<services).map { service($0, servers: servers) }
    )
  }

  private static func service(_ number: Int, servers: Int) -> ServiceStatus {
    ServiceStatus(
      service: ServiceKey(.tcp, IPAddress(10, 1, UInt8(number >> 8), UInt8(number & 0xff)), port: 80),
      scheduler: .maglev,
      ring: 65537,
      onServerLoss: .rehash,
      noServer: .unreachable,
      totals: Totals(packets: 1000, bytes: 100_000, connections: 25),
      active: 12,
      inactive: 3,
      servers: (0..<servers).map { server($0) },
      sorry: nil
    )
  }

  private static func server(_ number: Int) -> ServerStatus {
    ServerStatus(
      address: ServerAddress(IPAddress(10, UInt8(2 + number >> 16), UInt8(number >> 8 & 0xff), UInt8(number & 0xff))),
      forward: .ipip,
      source: "interface",
      weight: 1,
      state: .ok,
      active: 12,
      inactive: 3,
      totals: Totals(packets: UInt64(number), bytes: 75_000, connections: 20),
      share: 12.5
    )
  }
}
