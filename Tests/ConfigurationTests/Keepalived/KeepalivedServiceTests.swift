import Model
import Testing

@testable import Configuration

/// What IPVS knows of a service and its servers besides addresses and weights: schedulers, flags, persistence, thresholds, masquerading.
struct KeepalivedServiceTests {
  /// A service with one server: settings of the service, and lines of the server's block.
  private func imported(_ settings: String, server: String = "", vip: String = "192.0.2.1") throws -> KeepalivedImport {
    let real = vip.contains(":") ? "2001:db8::11" : "192.0.2.11"
    let text = "virtual_server \(vip) 80 {\nlb_kind DR\n\(settings)\nreal_server \(real) 80 {\n\(server)\n}\n}"
    let imported = try KeepalivedText(text).imported()
    #expect(try Configuration(yaml: imported.configuration.yaml, file: "f") == imported.configuration)
    return imported
  }

  private func service(_ imported: KeepalivedImport) throws -> VirtualService {
    try #require(imported.configuration.table.services.first, "\(imported.lines)")
  }

  @Test(arguments: ["mh", "sh", "dh", "lblc", "lblcr"])
  func schedulers(_ name: String) throws {
    let imported = try imported("lvs_sched \(name)")
    #expect(try service(imported).scheduler.rawValue == name)
    #expect(imported.lines == [])
  }

  @Test(arguments: [
    ("lb_algo mh\nmh-port", ["port"]), ("lb_algo mh\nmh-fallback\nmh-port", ["fallback", "port"]),
    ("lb_algo sh\nsh-port", ["port"]), ("lb_algo sh\nsh-fallback", ["fallback"]),
    ("flag-1", ["fallback"]), ("flag-2\nlb_algo mh", ["port"]), ("flag-3\nflag-3", ["flag-3"]),
  ])
  func flags(_ settings: String, _ names: [String]) throws {
    let imported = try imported(settings)
    #expect(try service(imported).flags.list == names)
    #expect(imported.lines == [])
  }

  /// keepalived ignores these, too.
  @Test(arguments: ["sh-port", "lb_algo mh\nsh-port", "sh-port\nlb_algo sh", "lb_algo sh\nmh-fallback", "hashed"])
  func `flags of no effect`(_ settings: String) throws {
    let imported = try imported(settings)
    #expect(try service(imported).flags == [])
    #expect(imported.lines.count == 1 && imported.lines[0].contains("is not carried: "), "\(imported.lines)")
  }

  private static let network: UInt32 = 0xffff_ff00

  @Test(arguments: [
    ("persistence_timeout", Persistence(timeout: 360, netmask: .max), "keepalived's default"),
    ("persistence_timeout 50", Persistence(timeout: 50, netmask: .max), "each client by itself"),
    ("persistence_timeout 2678400", Persistence(timeout: 2_678_400, netmask: .max), "31 days"),
    ("persistence_granularity 255.255.255.0", Persistence(timeout: 360, netmask: network), "a mask alone turns it on"),
    ("persistence_timeout 9\npersistence_granularity 255.255.255.0", Persistence(timeout: 9, netmask: network), "both"),
    ("persistence_granularity 255.255.255.0\npersistence_timeout 9", Persistence(timeout: 9, netmask: network), "in any order"),
  ])
  func persistence(_ settings: String, _ persistence: Persistence, _ why: Comment) throws {
    let imported = try imported(settings)
    #expect(try service(imported).persistence == persistence, why)
    #expect(imported.lines == [])
  }

  @Test func `persistence of IPv6 has a prefix length`() throws {
    let settings = "persistence_timeout 50\npersistence_granularity 64"
    #expect(try service(imported(settings, vip: "2001:db8::1")).persistence == Persistence(timeout: 50, netmask: 64))
    #expect(
      try service(imported("persistence_timeout 50", vip: "2001:db8::1")).persistence == Persistence(timeout: 50, netmask: 128)
    )
  }

  /// Its line, and the service without it.
  @Test(arguments: [
    ("persistence_timeout 0", "192.0.2.1", nil, "a whole number from 1 to 2678400"),
    ("persistence_timeout 2678401", "192.0.2.1", nil, "a whole number from 1 to 2678400"),
    ("persistence_granularity 255.0.255.0", "192.0.2.1", nil, "an IPv4 mask such as 255.255.255.0"),
    ("persistence_granularity", "192.0.2.1", nil, "an IPv4 mask such as 255.255.255.0"),
    ("persistence_granularity 64\npersistence_timeout 9", "192.0.2.1", UInt32.max, "an IPv4 mask such as 255.255.255.0"),
    ("persistence_granularity 64", "192.0.2.1", nil, "an IPv4 mask such as 255.255.255.0"),
    ("persistence_granularity 129\npersistence_timeout 9", "2001:db8::1", 128, "a prefix length of IPv6 from 1 to 128"),
    ("persistence_granularity 255.255.0.0\npersistence_timeout 9", "2001:db8::1", 128, "a prefix length of IPv6 from 1 to 128"),
  ])
  func `persistence that is none`(_ settings: String, _ vip: String, _ netmask: UInt32?, _ form: String) throws {
    let imported = try imported(settings, vip: vip)
    #expect(try service(imported).persistence == netmask.map { Persistence(timeout: 9, netmask: $0) })
    let first = settings.split(separator: "\n")[0]
    #expect(imported.lines.count == 1 && imported.lines[0].hasPrefix("k.conf:3: '\(first)' is not carried; write "))
    #expect(imported.lines.first?.contains(form) == true, "\(imported.lines)")
  }

  @Test func `commands for changes are the service's hooks`() throws {
    let server = { (last: Int, command: String) in "real_server 192.0.2.\(last) 80 {\nnotify_down \"\(command)\" joe\n}\n" }
    func all(_ commands: String...) throws -> (Hooks?, [String]) {
      let servers = commands.enumerated().map { server(11 + $0, $1) }.joined()
      let text = "virtual_server 192.0.2.1 80 {\nlb_kind DR\nquorum_up /bin/up\n\(servers)}\n"
      let imported = try KeepalivedText(text).imported()
      return (try service(imported).hooks, imported.lines)
    }
    var hooks = Hooks([.quorumUp: "/bin/up", .serverDown: "/bin/down now"])
    hooks.user = "joe"
    #expect(try all("/bin/down now", "/bin/down now") == (hooks, []))
    let (kept, lines) = try all("/bin/down now", "/bin/other")
    #expect(kept == hooks && lines.count == 1 && lines[0].contains("hooks are a service's, and this one has /bin/down now"))
    let (none, refused) = try all("echo '$1'")
    #expect(none == Hooks([.quorumUp: "/bin/up"]) && refused.count == 1 && refused[0].contains("no shell, no quotes"))
  }

  @Test func `a group's persistence is a line if it has several addresses`() throws {
    let service = "virtual_server group G {\nlb_kind DR\npersistence_timeout 5\nreal_server 192.0.2.11 80 {\n}\n}\n"
    let single = try KeepalivedText(service + "virtual_server_group G {\n192.0.2.1 80\n}").imported()
    #expect(single.lines == [])
    let several = try KeepalivedText(service + "virtual_server_group G {\n192.0.2.1-3 80\n}").imported()
    #expect(several.lines.count == 1 && several.lines[0].hasPrefix("k.conf:3: persistence of a group"), "\(several.lines)")
    #expect(several.configuration.table.services.map(\.persistence?.timeout) == [5, 5, 5])
    // Of both IP versions: the mask is that of one of them.
    let masked = service.replacing("persistence_timeout 5", with: "persistence_granularity 255.255.0.0").replacing(
      "DR",
      with: "TUN"
    )
    let both = try KeepalivedText(masked + "virtual_server_group G {\n192.0.2.1 80\n2001:db8::1 80\n}").imported()
    #expect(both.configuration.table.services.map(\.persistence?.netmask) == [0xffff_0000, nil])
    #expect(both.lines.count == 2, "\(both.lines)")
  }

  @Test func `a persistence engine is not carried, persistence is`() throws {
    let imported = try imported("persistence_timeout 5\npersistence_engine sip")
    #expect(try service(imported).persistence?.timeout == 5)
    #expect(imported.lines.count == 1 && imported.lines[0].hasPrefix("k.conf:4: 'persistence_engine sip' is not carried"))
  }

  @Test func `one-packet scheduling is for UDP, wherever the protocol stands`() throws {
    let udp = try imported("ops\nprotocol UDP")
    #expect(try service(udp).onePacket)
    #expect(udp.lines == [])
    let tcp = try imported("ops")
    #expect(try !service(tcp).onePacket)
    #expect(tcp.lines.count == 1 && tcp.lines[0].hasPrefix("k.conf:3: 'ops' is not carried: "), "\(tcp.lines)")
  }

  @Test(arguments: [
    ("uthreshold 10", 10, 0, 0), ("lthreshold 5\nuthreshold 10", 10, 5, 0), ("uthreshold 5\nlthreshold 5", 5, 5, 0),
    ("uthreshold 5\nlthreshold 6", 5, 0, 1), ("lthreshold 6", 0, 0, 1), ("uthreshold -1", 0, 0, 1),
    ("uthreshold 2147483648", 0, 0, 1),
  ])
  func thresholds(_ lines: String, _ upper: Int, _ lower: Int, _ notes: Int) throws {
    let imported = try imported("", server: lines)
    let server = try service(imported).servers[0]
    #expect(server.upperThreshold == upper)
    #expect(server.lowerThreshold == lower)
    #expect(imported.lines.count == notes, "\(imported.lines)")
  }

  @Test func `masqueraded servers are kept with their ports, and one line says where`() throws {
    let text = """
      virtual_server 192.0.2.1 80 {
        real_server 192.0.2.11 80 {
        }
        real_server 192.0.2.11 8080 {
        }
        real_server 192.0.2.11 8080 {
        }
        real_server 192.0.2.12 8080 {
          lvs_method DR
        }
        real_server 192.0.2.13 {
        }
        sorry_server 192.0.2.14 80
      }
      virtual_server 192.0.2.2 80 {
        lb_kind NAT
        real_server 192.0.2.11 80 {
        }
        real_server 2001:db8::1 80 {
        }
      }
      """
    let imported = try KeepalivedText(text).imported()
    let services = imported.configuration.table.services
    #expect(
      services.map { $0.servers.map { "\($0.id) \($0.method.rawValue)" } } == [
        ["192.0.2.11 masquerade", "192.0.2.11:8080 masquerade", "192.0.2.12 direct", "192.0.2.13 masquerade"],
        ["192.0.2.11 masquerade"],
      ]
    )
    #expect(services.map(\.sorry) == [nil, nil])
    #expect(
      imported.lines.map { $0.prefix { $0 != ";" } } == [
        "k.conf:1: NAT, the default, is carried as 'forward: masquerade', by which servers get no packets",
        "k.conf:6: real_server 192.0.2.11:8080 is there twice: servers differ in their addresses, in ports only if they are masqueraded",
        "k.conf:13: a masqueraded sorry_server is not carried: it would get no packets",
        "k.conf:19: 2001:db8::1 has another IP version than the service",
      ]
    )
    #expect(imported.lines.first?.hasSuffix("(also at 16)") == true)
  }
}
