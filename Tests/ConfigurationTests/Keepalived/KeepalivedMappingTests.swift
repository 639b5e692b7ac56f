import Model
import Testing

@testable import Configuration

/// What single settings become; complete files are in `KeepalivedExampleTests`.
struct KeepalivedMappingTests {
  /// A service with one server: settings of the service, and lines of the server's block.
  private func imported(_ settings: String = "", server: String = "", port: String = "80") throws -> KeepalivedImport {
    try KeepalivedText(
      "virtual_server 192.0.2.1 \(port) {\nlb_kind DR\n\(settings)\nreal_server 192.0.2.11 80 {\n\(server)\n}\n}"
    ).imported()
  }

  /// The check of that server, as far as it isn't what every checker gets.
  private func check(_ server: String, _ settings: String = "") throws -> [String: String] {
    let check = try #require(try imported(settings, server: server).configuration.table.services.first?.check)
    let usual = [
      "interval": "1m", "timeout": "5s", "rise": "1", "fall": "2", "retry": "1s", "warm-up": "1m", "damping": "0s",
      "on-failure": "remove", "assume": "up",
    ]
    return check.settings.mapValues(\.description).filter { usual[$0.key] != $0.value }
  }

  @Test(arguments: [
    ("TCP_CHECK {\n}", ["kind": "tcp"]),
    ("TCP_CHECK {\nconnect_port 81\nbindto 192.0.2.2\n}", ["kind": "tcp", "connect-port": "81", "source": "192.0.2.2"]),
    ("TCP_CHECK {\nconnect_ip 192.0.2.11\nretry 0\ndelay_before_retry 0.25\n}", ["kind": "tcp", "fall": "1", "retry": "250ms"]),
    (
      "TCP_CHECK {\nalpha\nwarmup 0\ndelay_loop 1.5\n}", ["kind": "tcp", "assume": "down", "warm-up": "0s", "interval": "1500ms"]
    ),
    ("alpha on\ninhibit_on_failure yes\nTCP_CHECK {\nalpha false\n}", ["kind": "tcp", "on-failure": "drain"]),
    ("PING_CHECK {\n}", ["kind": "icmp"]),
    ("SMTP_CHECK {\n}", ["kind": "smtp"]),
    ("DNS_CHECK {\n}", ["kind": "dns", "name": ".", "record": "SOA", "fall": "4", "retry": "1m"]),
    (
      "DNS_CHECK {\ntype aaaa\nname example.com\n}",
      ["kind": "dns", "name": "example.com", "record": "AAAA", "fall": "4", "retry": "1m"]
    ),
    ("UDP_CHECK {\npayload \"Ab12f 3 45\"\n}", ["kind": "udp", "payload": "hex:ab120f0345"]),
    ("UDP_CHECK {\nrequire_reply 01xX2x\n}", ["kind": "udp", "reply": "hex:01xxxx"]),
    ("HTTP_GET {\nurl {\npath /a\n}\n}", ["kind": "http", "path": "/a", "retry": "3s"]),
    (
      "virtualhost a.example.com\nHTTP_GET {\nvirtualhost b.example.com\nurl {\npath /\nregex \"^a|b$\"\n}\n}",
      ["kind": "http", "path": "/", "retry": "3s", "host": "b.example.com", "matches": "^a|b[[:space:]]?$"]
    ),
    ("SSL_GET {\nenable_sni\nurl {\npath /\n}\n}", ["kind": "https", "path": "/", "retry": "3s"]),
    (
      "MISC_CHECK {\nmisc_path /bin/a\nmisc_dynamic\n}",
      ["kind": "script", "command": "/bin/a", "fall": "1", "timeout": "1m"]
    ),
    // The stronger check counts, wherever it stands.
    ("PING_CHECK {\n}\nTCP_CHECK {\n}\nHTTP_GET {\nurl {\npath /\n}\n}", ["kind": "http", "path": "/", "retry": "3s"]),
  ])
  func checks(_ server: String, _ expected: [String: String]) throws { #expect(try check(server) == expected) }

  @Test func `settings of the service count wherever they stand, and reach the checkers through the server`() throws {
    let text = """
      virtual_server 192.0.2.1 80 {
        real_server 192.0.2.11 80 {
          retry 4
          TCP_CHECK {
            connect_timeout 1
          }
        }
        lb_kind DR
        retry 7
        connect_timeout 9
        delay_loop 3
        delay_before_retry 2
      }
      """
    let check = try #require(try KeepalivedText(text).imported().configuration.table.services.first?.check)
    #expect(["fall", "timeout", "interval", "retry", "warm-up"].map { check[$0]?.description } == ["5", "1s", "3s", "2s", "3s"])
  }

  @Test(arguments: [
    ("quorum 9", 2, nil, "a quorum is at most the servers' weight"),
    ("quorum 2\nhysteresis 5", 2, 1, "hysteresis is less than the quorum"),
    ("quorum 1\nhysteresis 3", nil, nil, "one server is what is asked for anyway"),
  ])
  func quorum(_ settings: String, _ quorum: Int?, _ hysteresis: Int?, _ why: Comment) throws {
    let service = try #require(
      try imported(settings, server: "weight 2\nTCP_CHECK {\n}").configuration.table.services.first
    )
    #expect(service.check?["quorum"] == quorum.map { .number($0) }, why)
    #expect(service.check?["hysteresis"] == hysteresis.map { .number($0) }, why)
  }

  @Test(arguments: [
    ("", "direct"), ("lvs_method TUN", "ipip"), ("lvs_method TUN type ipip nocsum", "ipip"),
    ("lvs_method TUN type gue port 1234 csum", "gue 1234 true"), ("lvs_method TUN type gre", "gre false"),
    ("lvs_method TUN type gue port 1234 remcsum", "gue 1234 false"),
  ])
  func methods(_ line: String, _ expected: String) throws {
    let server = try #require(try imported(server: line).configuration.table.services.first?.servers.first)
    let parts = [server.method.rawValue, server.tunnel.port.map { "\($0)" }, server.tunnel.checksum.map { "\($0)" }]
    #expect(parts.compactMap(\.self).joined(separator: " ") == expected)
  }

  @Test(arguments: [
    ("192.0.2.1", ["192.0.2.1:0"]), ("192.0.2.1 80", ["192.0.2.1:80"]),
    ("192.0.2.254-255 80", ["192.0.2.254:80", "192.0.2.255:80"]),
    ("192.0.2.255-192.0.3.1 1", ["192.0.2.255:1", "192.0.3.0:1", "192.0.3.1:1"]),
    ("192.0.2.8/31", ["192.0.2.8:0", "192.0.2.9:0"]),
    ("2001:db8::9-b 80", ["[2001:db8::9]:80", "[2001:db8::a]:80", "[2001:db8::b]:80"]),
    ("2001:db8::ffff-2001:db8::1:0", ["[2001:db8::ffff]:0", "[2001:db8::1:0]:0"]),
    ("2001:db8::/127", ["[2001:db8::]:0", "[2001:db8::1]:0"]),
    // Nothing of these.
    ("192.0.2.9-8 80", []), ("192.0.2.9-256", []), ("192.0.2.9/31", []), ("192.0.2.1 65536", []), ("192.0.2.1 +80", []),
    ("a.example 80", []),
    ("192.0.2.1-2001:db8::1", []), ("224.0.0.1 80", []), ("192.0.2.1-", []), ("-", []),
  ])
  func ranges(_ entry: String, _ services: [String]) throws {
    let text = "virtual_server group G {\nlvs_method TUN\nreal_server 198.51.100.1 {\n}\n}\nvirtual_server_group G {\n\(entry)\n}"
    let imported = try KeepalivedText(text).imported()
    #expect(imported.configuration.table.services.map { "\($0.key.endpoint)" } == services)
    #expect(imported.notes.count == (services.isEmpty ? 1 : 0), "\(imported.lines)")
  }

  @Test(arguments: [
    ("lb_algo wr", "k.conf:3: 'lb_algo wr' is not carried; write one of rr, wrr, lc"),
    ("lb_kind", "k.conf:3: 'lb_kind' is not carried; write DR or TUN"),
    ("lb_kind TUN type ip", "k.conf:3: 'lb_kind TUN type ip' is not carried; write 'TUN type' and ipip, gue or gre"),
    ("retry 500", "k.conf:3: 'retry 500' is more than 99 tries; 99 are carried"),
    ("delay_loop 0.01", "k.conf:3: 'delay_loop 0.01' is not from 100ms to 1h; 100ms is carried"),
    ("delay_loop 1e3", "k.conf:3: 'delay_loop 1e3' is not carried; write a time in seconds, such as 2 or 0.5"),
    ("alpha maybe", "k.conf:3: 'alpha maybe' is not carried; write on, off, or nothing"),
    ("sorry_server_lvs_method DR", "k.conf:3: 'sorry_server_lvs_method DR' is not carried; write it below sorry_server"),
    (
      "sorry_server 192.0.2.11",
      "k.conf:3: sorry_server 192.0.2.11 is a real_server of the same service, too; it is left out; give another host"
    ),
    (
      "real_server 192.0.2.1 80 {\n}",
      "k.conf:3: 192.0.2.1 is also a virtual_server's address, a forwarding loop; it is left out; give the server's own address"
    ),
    ("lb_algo rr {\n}", "k.conf:3: 'lb_algo rr' begins a block; write each keyword in a line of its own; the block is left out"),
    ("real_server 192.0.2.11 81 {\n}", "k.conf:5: real_server 192.0.2.11 is there twice"),
    ("weigth 1", "k.conf:3: unknown keyword 'weigth' in virtual_server; did you mean 'weight'?"),
  ])
  func lines(_ settings: String, _ line: String) throws {
    let lines = try imported(settings).lines
    #expect(lines.contains { $0.hasPrefix(line) }, "\(lines)")
  }

  @Test(arguments: [
    (
      "HTTP_GET {\nurl {\npath /a b\n}\nvirtualhost \"a b\"\n}",
      "k.conf:5: the HTTP_GET is not carried: host of the check is 'a b'"
    ),
    ("DNS_CHECK {\nname \"a b\"\n}", "k.conf:5: the DNS_CHECK is not carried: name of the check is 'a b'"),
    ("MISC_CHECK {\n}", "k.conf:5: 'MISC_CHECK' is not carried; write misc_path and a program"),
    ("MISC_CHECK {\nmisc_path check.sh\n}", "k.conf:6: 'misc_path check.sh' is not carried: a command is an absolute path"),
    ("FILE_CHECK {\ntrack_file A\n}", "k.conf:6: 'track_file A' is not carried; write the name of a track_file"),
    ("UDP_CHECK {\npayload 0g\n}", "k.conf:6: 'payload 0g' is not carried; write pairs of hexadecimal digits"),
    ("TCP_CHECK {\nbindto 2001:db8::1\n}", "k.conf:6: 'bindto 2001:db8::1' is not carried; write an address of this host"),
    (
      "MISC_CHECK {\nuser \(String(repeating: "a", count: 33))\nmisc_path /bin/a\n}",
      "k.conf:5: the MISC_CHECK is not carried: its user is 'aaaa"
    ),
  ])
  func uncarriedChecks(_ server: String, _ line: String) throws {
    let imported = try imported(server: server)
    #expect(imported.lines.contains { $0.hasPrefix(line) }, "\(imported.lines)")
    let yaml = imported.configuration.yaml
    #expect(try Configuration(yaml: yaml, file: "f") == imported.configuration)
  }

  @Test(arguments: [
    ("in service", "in service"), ("a|b", "a|b"), (#"1\.2\\"#, #"1\.2\\"#), ("[0-9]+ ok", "[0-9]+ ok"),
    ("[]a[:digit:]$]", "[]a[:digit:]$]"),
    ("a{2}", "a{2}"), ("^ok$", "^ok[[:space:]]?$"), (#"a\$"#, #"a\$"#),
    (#"\d"#, nil), ("(?i)a", nil), ("a*?", nil), ("a++", nil), ("a{2}?", nil), (#"[\d]"#, nil), ("[a", nil), ("[[:digit", nil),
    (#"a\"#, nil),
  ])
  func patterns(_ perl: String, _ posix: String?) { #expect(PerlPattern.posix(perl) == posix) }

  @Test func `the same thing is one line with its places`() throws {
    let servers = (1...12).map { "real_server 192.0.2.1\($0) 80 {\nsnmp_name a\n}\n" }.joined()
    let lines = try KeepalivedText("virtual_server 192.0.2.1 80 {\nlb_kind DR\n\(servers)}").imported().lines
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("k.conf:4: 'snmp_name' is not carried") == true)
    #expect(lines.first?.hasSuffix("(also at 7, 10, 13, 16, 19, 22, 25, 28 and 3 more)") == true)
  }

  @Test func `a second service for an address and port is left out`() throws {
    let one = "virtual_server 192.0.2.1 80 {\nlb_kind DR\nreal_server 192.0.2.11 80 {\n}\n}\n"
    let imported = try KeepalivedText(one + one).imported()
    #expect(imported.configuration.table.services.count == 1)
    #expect(imported.lines == ["k.conf:6: there is another virtual_server for tcp 192.0.2.1:80; keep one; the first is carried"])
  }

  @Test func `interfaces are those given, or those of the VRRP instances`() throws {
    let text = KeepalivedText("vrrp_instance A {\ninterface bond0\n}\nvrrp_instance B {\ninterface a/b\ninterface eth1\n}\n")
    #expect(try text.imported(interfaces: []).configuration.director.interfaces == ["bond0", "eth1"])
    let imported = try text.imported(interfaces: ["eth7"])
    #expect(imported.configuration.director.interfaces == ["eth7"])
    #expect(imported.configuration.director.addresses == .external)
    #expect(imported.notes.count == 1)
  }

  @Test func `checks of servers that differ keep what differs`() throws {
    let text = """
      virtual_server 192.0.2.1 80 {
        lb_kind DR
        real_server 192.0.2.11 80 {
          HTTP_GET {
            url {
              path /
              regex a
            }
          }
        }
        real_server 192.0.2.12 80 {
          HTTP_GET {
            url {
              path /
            }
          }
        }
        real_server 192.0.2.13 80 {
          TCP_CHECK {
          }
        }
      }
      """
    let service = try #require(try KeepalivedText(text).imported().configuration.table.services.first)
    let matches = try service.servers.map { server -> ReplyPattern? in
      if case .http(let probe, _)? = try service.check(of: server)?.probe { probe.body } else { nil }
    }
    #expect(matches == [.matches("a"), nil, nil])
    #expect(try service.check(of: service.servers[2])?.probe == .tcp(port: 80))
    #expect(try service.check(of: service.servers[2])?.retry == .seconds(1))
  }
}
