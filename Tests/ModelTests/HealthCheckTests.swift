import Foundation
import Model
import Testing

private let service = ServiceKey("tcp 10.0.0.100:80")!
private let address = IPAddress("10.0.0.2")!

private func check(_ json: String) throws -> HealthCheck { try JSONDecoder().decode(HealthCheck.self, from: Data(json.utf8)) }

struct PeriodTests {
  @Test(arguments: [
    ("500ms", 500, "500ms"), ("2s", 2000, "2s"), ("2000ms", 2000, "2s"), ("1m", 60_000, "1m"), ("90s", 90_000, "90s"),
    ("1h", 3_600_000, "1h"), ("0s", 0, "0s"), ("0ms", 0, "0s"),
  ])
  func textAndMilliseconds(_ text: String, _ milliseconds: Int, _ canonical: String) {
    #expect(Period(text: text)?.milliseconds == milliseconds)
    #expect(Period(text: text)?.description == canonical)
  }

  @Test(arguments: ["", "2", "s", "-1s", "+1s", "1.5s", "1 s", "1d", "1000000000s", "١s"])
  func otherTextsAreRefused(_ text: String) { #expect(Period(text: text) == nil) }
}

struct HealthCheckTests {
  @Test func defaults() throws {
    let read = try #require(try check(#"{"kind":"tcp"}"#).check(of: service))
    #expect(read.probe == .tcp(port: 80))
    #expect((read.interval, read.timeout) == (.seconds(2), .seconds(1)))
    #expect((read.rise, read.fall, read.retry) == (2, 3, .seconds(2)))
    #expect((read.jitter, read.warmUp, read.damping) == (Period(milliseconds: 200), .zero, .seconds(60)))
    #expect((read.onFailure, read.assumption) == (.drain, .down))
  }

  @Test func aServersSettingsReplaceTheServicesOneByOne() throws {
    var virtual = VirtualService(service, check: try check(#"{"kind":"http","path":"/a","interval":"5s"}"#))
    let server = RealServer(address, check: try check(#"{"path":"/b","connect-port":8080}"#))
    virtual.servers = [server]
    let read = try #require(try virtual.check(of: server))
    guard case .http(let probe, let port) = read.probe else { throw Failure() }
    #expect((probe.path, port, read.interval) == ("/b", 8080, .seconds(5)))
  }

  @Test func anotherKindLeavesOutWhatItDoesNotHave() throws {
    let virtual = VirtualService(service, check: try check(#"{"kind":"http","path":"/a","fall":5}"#))
    let read = try #require(try virtual.check(of: RealServer(address, check: try check(#"{"kind":"tcp"}"#))))
    #expect((read.probe, read.fall) == (.tcp(port: 80), 5))
    #expect(try virtual.check(of: RealServer(address, check: try check(#"{"kind":"none"}"#))) == nil)
  }

  @Test(arguments: [
    (#"{"fall":3}"#, "the check has no kind"),
    (#"{"kind":"tcp","path":"/"}"#, "a check of kind tcp has no path"),
    (#"{"kind":"http","path":"healthz"}"#, "path of the check is 'healthz'"),
    (#"{"kind":"http","path":"/a b"}"#, "path of the check is '/a b'"),
    (#"{"kind":"http","host":"a\r\nb"}"#, "host of the check is 'a\r\nb'"),
    (#"{"kind":"http","status":"20"}"#, "status of the check is '20'"),
    (#"{"kind":"http","contains":"a","matches":"b"}"#, "the check has both contains and matches"),
    (#"{"kind":"http","matches":"(a)\\1"}"#, "matches of the check is no usable regular expression (it has a back-reference)"),
    (#"{"kind":"https","ca":"/etc/ca.pem"}"#, "the check has a ca, but verifies no certificate"),
    (#"{"kind":"https","sni":"10.0.0.1"}"#, "sni of the check is '10.0.0.1'"),
    (#"{"kind":"dns"}"#, "a check of kind dns has no name"),
    (#"{"kind":"dns","name":"a..b"}"#, "name of the check is 'a..b'"),
    (#"{"kind":"script","command":"check"}"#, "command of the check is 'check'"),
    (#"{"kind":"udp","payload":"hex:0"}"#, "payload of the check is 'hex:0'"),
    (#"{"kind":"udp","payload":"hex:xx"}"#, "payload of the check is 'hex:xx'"),
    (#"{"kind":"tcp","source":"10.0.0"}"#, "source of the check is '10.0.0'"),
    (#"{"kind":"tcp","interval":"1s","jitter":"2s"}"#, "the check's jitter of 2s is longer than its interval of 1s"),
  ])
  func faults(_ json: String, _ what: String) throws {
    let check = try check(json)
    let fault = #expect(throws: CheckFault.self) { try check.check(of: service, server: address) }
    #expect(fault?.what == what)
    #expect(throws: ServiceTableError.self) { try ServiceTable(services: [VirtualService(service, check: check)]) }
  }

  @Test(arguments: [
    (#"{"kind":"ftp"}"#, "kind: 'ftp' is not one of none, tcp, http"),
    (#"{"kidn":"tcp"}"#, "unknown field 'kidn': did you mean 'kind'?"),
    (#"{"interval":"2"}"#, "interval: '2' is not a time such as 500ms"), (#"{"interval":2}"#, "interval: expected text"),
    (#"{"fall":0}"#, "fall: '0' is not a whole number from 1 to 100"), (#"{"verify":"yes"}"#, "verify: expected true or false"),
  ])
  func strictDecoding(_ json: String, _ line: String) {
    let error = #expect(throws: DecodingError.self) { try check(json) }
    #expect(error?.line.contains(line) == true, "\(error?.line ?? "")")
  }

  @Test func aCheckOfAnyPortNeedsAPort() throws {
    let any = ServiceKey("tcp 10.0.0.100:0")!
    #expect(throws: CheckFault.self) { try check(#"{"kind":"tcp"}"#).check(of: any) }
    #expect(try check(#"{"kind":"tcp","connect-port":80}"#).check(of: any)?.probe == .tcp(port: 80))
    #expect(try check(#"{"kind":"icmp"}"#).check(of: any)?.probe == .icmp)
  }

  @Test func quorumIsTheServices() throws {
    let own = try check(#"{"quorum":2}"#)
    let virtual = VirtualService(service, check: try check(#"{"kind":"tcp","quorum":2,"hysteresis":1}"#))
    #expect(throws: CheckFault.self) { try virtual.check(of: RealServer(address, check: own)) }
    #expect(virtual.check?.quorum == Quorum(weight: 2, hysteresis: 1))
  }

  @Test func quorumHasHysteresis() {
    let quorum = Quorum(weight: 10, hysteresis: 2)
    #expect([12, 11, 8, 7].map { quorum.holds(live: $0, before: true) } == [true, true, true, false])
    #expect([12, 11, 8, 7].map { quorum.holds(live: $0, before: false) } == [true, false, false, false])
  }

  @Test func aSourceMustHaveTheServersFamily() throws {
    let virtual = VirtualService(
      service,
      check: try check(#"{"kind":"tcp","source":"2001:db8::1"}"#),
      servers: [RealServer(address)]
    )
    #expect(throws: ServiceTableError.self) { try ServiceTable(services: [virtual]) }
  }

  @Test func changesAreListed() throws {
    let tcp = try check(#"{"kind":"tcp"}"#)
    func table(_ service: HealthCheck?, _ server: HealthCheck?, maintenance: Bool = false) throws -> ServiceTable {
      let servers = [RealServer(address, check: server, maintenance: maintenance)]
      return try ServiceTable(services: [VirtualService(Self.key, check: service, servers: servers)])
    }
    func lines(_ old: ServiceTable, _ new: ServiceTable) -> [String] {
      ServiceTable.difference(from: old, to: new).map(\.description)
    }
    #expect(try lines(table(nil, nil), table(tcp, nil)) == ["~ service tcp 10.0.0.100:80: check none -> kind tcp"])
    let own = "~ server 10.0.0.2 of tcp 10.0.0.100:80: check"
    #expect(try lines(table(tcp, nil), table(tcp, tcp)) == ["\(own) the service's -> kind tcp"])
    #expect(try lines(table(tcp, tcp), table(tcp, nil)) == ["\(own) kind tcp -> the service's"])
    let maintained = "~ server 10.0.0.2 of tcp 10.0.0.100:80: maintenance false -> true"
    #expect(try lines(table(nil, nil), table(nil, nil, maintenance: true)) == [maintained])
  }

  private static let key = service

  @Test func replyPatterns() {
    #expect(ReplyPattern(reply: "hex:01xxFF") == .begins([1, nil, 255]))
    #expect(ReplyPattern(reply: "^OK") == .matches("^OK"))
    for wrong in ["hex:", "hex:1", "hex:0x", "(", "(a)\\1"] { #expect(ReplyPattern(reply: wrong) == nil, "\(wrong)") }
    #expect(ReplyPattern(reply: #"a\\1"#) != nil)
  }

  @Test func statusRanges() {
    let ranges = StatusRanges("200-299, 304")
    #expect([199, 200, 299, 300, 304].map { ranges?.contains($0) } == [false, true, true, false, true])
    for wrong in ["", "20", "300-200", "200-", "-200", "200,", "1000", "099", "2x0"] {
      #expect(StatusRanges(wrong) == nil, "\(wrong)")
    }
  }
}

private struct Failure: Error {}
