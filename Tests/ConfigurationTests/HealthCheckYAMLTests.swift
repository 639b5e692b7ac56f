import Configuration
import Model
import Testing

struct HealthCheckYAMLTests {
  private func read(_ lines: String) throws -> Configuration {
    try Configuration(yaml: "services:\n  - service: tcp 10.0.0.100:80\n" + lines, file: "f", needsInterfaces: false)
  }

  @Test func everySettingSurvivesWritingAndReading() throws {
    let configuration = try read(
      """
          check:
            kind: https
            interval: 2000ms
            timeout: 1s
            rise: 2
            fall: 3
            jitter: 0s
            warm-up: 5s
            retry: 500ms
            damping: 0s
            connect-port: 8443
            source: 10.0.0.1
            on-failure: remove
            assume: up
            slow-start: 30s
            quorum: 3
            hysteresis: 1
            method: HEAD
            host: www.example.com:8443
            path: /healthz?a=b
            status: 200-299,304
            sni: www.example.com
            verify: true
            ca: /etc/ssl/ca.pem
            matches: "^ok: \\\\[[0-9]+\\\\]$"
          servers:
            - address: 10.0.0.2
              maintenance: true
              check: { kind: script, command: "/usr/bin/check web 1", user: nobody }
            - address: 10.0.0.3
              check: { kind: udp, payload: "hex:00", reply: "^a" }
            - address: 10.0.0.4
              check: { kind: dns, name: example.com, record: TXT }
            - address: 10.0.0.5
              check: { kind: file, file: /run/web, contains: "in service" }
            - address: 10.0.0.6
              check: none
      """
    )
    let service = try #require(configuration.table.services.first)
    #expect(service.check?["interval"] == .text("2s"))
    #expect(service.servers.map(\.maintenance) == [true, false, false, false, false])
    #expect(try Configuration(yaml: configuration.yaml, file: "again", needsInterfaces: false) == configuration)
  }

  @Test(arguments: [
    (
      "    check: ftp\n",
      "f:3:12: services[0].check is 'ftp'; write one of none, tcp, http, https, grpc, udp, dns, smtp, icmp, script, file"
    ),
    ("    check: { kidn: tcp }\n", "f:3:14: unknown key 'kidn' in services[0].check; did you mean 'kind'?"),
    (
      "    check: { kind: tcp, interval: 2 }\n",
      "f:3:35: services[0].check.interval is '2'; write a time such as 500ms, 2s, 1m or 1h, from 100ms to 1h"
    ),
    (
      "    check: { kind: tcp, fall: 0 }\n",
      "f:3:31: services[0].check.fall is '0'; write a whole number from 1 to 100"
    ),
    (
      "    check: { interval: 1s }\n",
      "f:2:14: the check has no kind (service tcp 10.0.0.100:80); add one such as 'kind: tcp'"
    ),
  ])
  func errors(_ lines: String, _ line: String) {
    let error = #expect(throws: ConfigurationError.self) { try read(lines) }
    #expect(error.map { "\($0)" } == line)
  }

  @Test func aServerHasNoQuorum() {
    let error = #expect(throws: ConfigurationError.self) {
      try read("    servers: [{ address: 10.0.0.2, check: { quorum: 1 } }]\n")
    }
    #expect(error.map { "\($0)" }?.contains("unknown key 'quorum'") == true)
  }
}
