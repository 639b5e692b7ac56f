import API
import Configuration
import Forwarding
import Foundation
import Model
import Offline
import Reconciler
import Testing

/// The executable against a real socket: a director over plain memory, its control API, and `sluice` as an operator runs it.
@Suite(.serialized) struct CommandLineTests {
  @Test func `a table is built by hand, shown, drained and taken down`() async throws {
    try await PlainDaemon.run { daemon in
      let added = try await daemon.sluice("service", "add", "tcp", "10.0.0.100:80", "--ring", "251")
      #expect(
        added.output == "+ service tcp 10.0.0.100:80: ring 251\ngeneration 2 is live\n"
      )
      _ = try await daemon.sluice("server", "add", "tcp", "10.0.0.100:80", "10.0.0.2", "--weight", "3", "--forward", "ipip")
      let list = try await daemon.sluice("server", "list", "tcp", "10.0.0.100:80")
      #expect(list.output == "SERVER    FORWARD  WEIGHT\n10.0.0.2  ipip          3\n")
      let drained = try await daemon.sluice("server", "drain", "tcp", "10.0.0.100:80", "10.0.0.2")
      #expect(drained.output == "~ server 10.0.0.2 of tcp 10.0.0.100:80: weight 3 -> 0\ngeneration 4 is live\n")
      let status = try await daemon.sluice("status")
      #expect(status.output.contains("10.0.0.2  ipip          0  draining"))
      _ = try await daemon.sluice("server", "remove", "tcp", "10.0.0.100:80", "10.0.0.2")
      _ = try await daemon.sluice("service", "remove", "tcp", "10.0.0.100:80")
      #expect(try await daemon.sluice("service", "list").output.hasPrefix("no services"))
    }
  }

  @Test func `events tell who changed what, from a time on, and as a JSON object a line when they are followed`() async throws {
    try await PlainDaemon.run { daemon in
      #expect(try await daemon.sluice("events").output == "no events so far\n")
      _ = try await daemon.sluice("service", "add", "tcp", "10.0.0.100:80", "--ring", "251")
      let events = try await daemon.sluice("events", "--since", "10m").output
      #expect(
        events.contains("  edit  uid \(getuid()), pid ")
          && events.hasSuffix(": + service tcp 10.0.0.100:80: ring 251: generation 2\n")
      )
      #expect(try await daemon.sluice("events", "--since", "2099-01-01T00:00:00Z").output == "no events since then\n")
      #expect(try await daemon.sluice("events", "--since", "yesterday").code == 64)
      let following = try await daemon.follow("events", "--follow", "--json")
      _ = try await daemon.sluice("service", "remove", "tcp", "10.0.0.100:80")
      let lines = try await following.lines(2)
      let texts = try lines.map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)).text }
      #expect(texts[0].hasSuffix(": ring 251: generation 2") && texts[1].hasSuffix(": - service tcp 10.0.0.100:80: generation 3"))
    }
  }

  @Test func `a server is shown, drained until a deadline, and made ready`() async throws {
    try await PlainDaemon.run { daemon in
      let server = ["tcp", "10.0.0.100:80", "10.0.0.2"]
      _ = try await daemon.sluice("service", "add", "tcp", "10.0.0.100:80", "--ring", "251")
      _ = try await daemon.sluice(["server", "add"] + server + ["--weight", "3"])
      let shown = try await daemon.sluice(["server", "show"] + server).output
      #expect(
        shown == """
          server       10.0.0.2 of tcp 10.0.0.100:80
          state        ok
          weight       3, scheduled with 3
          forward      direct
          maintenance  no
          drain        no
          health       no check
          next hop     02:00:00:00:00:02 by interface 0, MTU 1500
          connections  0 active, 0 inactive; 0 since it was added
          sent         0 packets, 0 bytes

          """
      )
      let drained = try await daemon.sluice(["server", "drain"] + server + ["--wait", "--deadline", "10m"])
      #expect(drained.output.contains(": weight 3 -> 0, drain-until none -> "), "\(drained)")
      #expect(drained.output.hasSuffix("generation 4 is live\nno connection is left\n") && drained.code == 0, "\(drained)")
      #expect(try await daemon.sluice(["server", "show"] + server).output.contains(", then on-server-loss (rehash)"))
      #expect(try await daemon.sluice(["server", "show"] + server + ["--json"]).output.contains(#""effective-weight" : 0"#))
      // A plain drain has no deadline.
      #expect(try await daemon.sluice(["server", "drain"] + server).output.contains("-> none\n"))
      #expect(try await daemon.sluice(["server", "set"] + server + ["--weight", "2"]).output.contains("weight 0 -> 2\n"))
      let out = try await daemon.sluice(["server", "maintenance"] + server + ["--deadline", "1h"])
      #expect(out.output.contains("maintenance false -> true, drain-until none -> "))
      #expect(try await daemon.sluice(["server", "ready"] + server).output.contains(" -> none\n"))
      #expect(
        try await daemon.sluice(["server", "drain"] + server + ["--deadline", "10"]).error.contains("--deadline 10 is not a time")
      )
      #expect(
        try await daemon.sluice("server", "show", "tcp", "10.0.0.100:80", "10.0.0.77").error.contains("has no server 10.0.0.77")
      )
    }
  }

  @Test func `what happens without a server is set, shown and taken back by hand`() async throws {
    try await PlainDaemon.run { daemon in
      let web = ["tcp", "10.0.0.100:80"]
      let added = try await daemon.sluice(
        ["service", "add"] + web + ["--ring", "251", "--no-server", "reset", "--sorry", "10.0.0.9", "--sorry-forward", "gue"]
      )
      #expect(
        added.output == "+ service tcp 10.0.0.100:80: ring 251, no-server reset, sorry 10.0.0.9 by gue, port 6080\n"
          + "generation 2 is live\n"
      )
      #expect(
        try await daemon.sluice("service", "list").output
          == "SERVICE            SCHEDULER  RING  ON-SERVER-LOSS  NO-SERVER  SERVERS  SORRY\n"
          + "tcp 10.0.0.100:80  maglev      251  rehash          reset            0  10.0.0.9 by gue, port 6080\n"
      )
      #expect(try await daemon.sluice("status").output.contains("10.0.0.9  gue       sorry  ok"))
      let refused = try await daemon.sluice(["server", "add"] + web + ["10.0.0.9"])
      #expect(refused.error.contains("both a server and the sorry server"))
      let changed = try await daemon.sluice(["service", "set"] + web + ["--no-sorry", "--no-server", "unreachable"])
      #expect(
        changed.output
          == "~ service tcp 10.0.0.100:80: no-server reset -> unreachable, sorry 10.0.0.9 by gue, port 6080 -> none\n"
          + "generation 3 is live\n"
      )
      let back = try await daemon.sluice(["service", "set"] + web + ["--sorry", "10.0.0.9"])
      #expect(back.output.hasPrefix("~ service tcp 10.0.0.100:80: sorry none -> 10.0.0.9\n"))
    }
  }

  @Test(
    "A wrong sorry server is refused in one line",
    arguments: [
      (["--sorry", "10.0.0"], "'10.0.0' is not an IPv4 or IPv6 address"),
      (["--sorry-forward", "gue"], "--sorry-forward needs --sorry: give both"),
      (["--sorry", "10.0.0.9", "--no-sorry"], "--sorry and --no-sorry are both given: keep one"),
    ]
  )
  func sorry(_ options: [String], _ says: String) async throws {
    let result = try await PlainDaemon.sluice(["service", "set", "tcp", "10.0.0.100:80"] + options)
    #expect(result.code == 64)
    #expect(result.error.contains(says))
  }

  @Test func `a tunnel is set up, shown and changed by hand`() async throws {
    try await PlainDaemon.run { daemon in
      let web = ["tcp", "10.0.0.100:80"]
      _ = try await daemon.sluice(["service", "add"] + web + ["--ring", "251"])
      let added = try await daemon.sluice(
        ["server", "add"] + web + ["10.0.0.2", "--forward", "gue", "--checksum", "--entropy", "10.200.0.0/16"]
      )
      #expect(
        added.output == "+ server 10.0.0.2 of tcp 10.0.0.100:80: weight 1, forward gue, tunnel-port 6080, checksum true, "
          + "source entropy 10.200.0.0/16\ngeneration 3 is live\n"
      )
      let list = try await daemon.sluice(["server", "list"] + web)
      #expect(
        list.output == "SERVER    FORWARD  WEIGHT  TUNNEL\n"
          + "10.0.0.2  gue           1  port 6080, checksum, entropy 10.200.0.0/16\n"
      )
      _ = try await daemon.sluice(["server", "add"] + web + ["10.0.0.3", "--forward", "gre", "--source", "10.0.0.9"])
      let changed = try await daemon.sluice(
        ["server", "set"] + web + ["10.0.0.2", "--tunnel-port", "7000", "--no-checksum", "--source", "interface"]
      )
      #expect(
        changed.output == "~ server 10.0.0.2 of tcp 10.0.0.100:80: tunnel-port 6080 -> 7000, checksum true -> false, "
          + "source entropy 10.200.0.0/16 -> interface\ngeneration 5 is live\n"
      )
      let after = try await daemon.sluice(["server", "list"] + web)
      #expect(
        after.output == "SERVER    FORWARD  WEIGHT  TUNNEL\n10.0.0.2  gue           1  port 7000\n"
          + "10.0.0.3  gre           1  source 10.0.0.9\n"
      )
      let status = try await daemon.sluice("status", "--json")
      #expect(status.output.contains(#""tunnel-port" : 7000"#), "\(status.output)")
    }
  }

  @Test(
    "A wrong tunnel is refused in one line",
    arguments: [
      (["--forward", "ipip", "--checksum"], "'forward: ipip' has no 'checksum'"),
      (["--forward", "gue", "--tunnel-port", "0"], "tunnel-port 0 is not in 1...65535"),
      (["--forward", "gue", "--source", "x"], "'x' is not \(TunnelSource.form)"),
      (["--forward", "gue", "--entropy", "x"], "'x' is not \(AddressPrefix.form)"),
      (
        ["--forward", "gue", "--source", "10.0.0.9", "--entropy", "10.200.0.0/16"],
        "--source and --entropy are both given: keep one"
      ),
    ]
  )
  func tunnel(_ options: [String], _ says: String) async throws {
    try await PlainDaemon.run { daemon in
      _ = try await daemon.sluice("service", "add", "tcp", "10.0.0.100:80", "--ring", "251")
      let result = try await daemon.sluice(["server", "add", "tcp", "10.0.0.100:80", "10.0.0.2"] + options)
      #expect(result.code != 0)
      #expect(result.error.hasPrefix("Error: "))
      #expect(result.error.contains(says))
    }
  }

  @Test("Every listing also speaks JSON", arguments: [["status"], ["stats"], ["service", "list"]])
  func json(_ command: [String]) async throws {
    try await PlainDaemon.run { daemon in
      let result = try await daemon.sluice(command + ["--json"])
      #expect(result.code == 0)
      #expect(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) is [String: Any])
    }
  }

  @Test func `status shows one service when its name is given`() async throws {
    try await PlainDaemon.run { daemon in
      _ = try await daemon.sluice("service", "add", "tcp", "10.0.0.100:80", "--ring", "251")
      _ = try await daemon.sluice("service", "add", "udp", "[2001:db8::100]:53", "--ring", "251")
      let both = try await daemon.sluice("status").output
      #expect(both.contains("tcp 10.0.0.100:80  maglev") && both.contains("udp [2001:db8::100]:53  maglev"))
      let one = try await daemon.sluice("status", "udp", "[2001:db8::100]:53").output
      #expect(one.hasPrefix("generation 3\n\nudp [2001:db8::100]:53  maglev") && !one.contains("tcp"))
      let json = try await daemon.sluice("status", "tcp", "10.0.0.100:80", "--json").output
      #expect(json.contains("tcp 10.0.0.100:80") && !json.contains("udp"))
      let missing = try await daemon.sluice("status", "tcp", "10.0.0.9:80")
      #expect(missing.code == 1)
      #expect(missing.error == "Error: \(ServiceTableError.noSuchService(ServiceKey(.tcp, IPAddress(10, 0, 0, 9), port: 80)))\n")
    }
    let half = try await PlainDaemon.sluice(["status", "tcp"])
    #expect(half.code == 64)
    #expect(half.error.contains("tcp alone names no service: give its VIP and port, too"))
  }

  @Test func `a file is applied whole, with a dry run before`() async throws {
    try await PlainDaemon.run { daemon in
      let file = daemon.folder + "/sluice.yaml"
      try "services:\n  - service: udp 10.0.0.100:53\n    ring: 251\n    servers: [{ address: 10.0.0.2 }]\n"
        .write(toFile: file, atomically: true, encoding: .utf8)
      #expect(try await daemon.sluice("apply", file, "--dry-run").output.hasSuffix("dry run: nothing has changed\n"))
      #expect(try await daemon.sluice("apply", file).output.hasSuffix("generation 2 is live\n"))
      #expect(try await daemon.sluice("apply", file).output == "nothing to change, generation 2 is live\n")
    }
  }

  @Test func `a change by hand is written back to the file`() async throws {
    try await PlainDaemon.run { daemon in
      let file = daemon.folder + "/sluice.yaml"
      try "director: { interfaces: [eth7] }\nservices: []\n".write(toFile: file, atomically: true, encoding: .utf8)
      _ = try await daemon.sluice("service", "add", "tcp", "10.0.0.100:80", "--ring", "251", "--write", file)
      let written = try String(contentsOfFile: file, encoding: .utf8)
      #expect(written.contains("eth7"))
      #expect(written.contains("service: tcp 10.0.0.100:80"))
      #expect(try await daemon.sluice("apply", file).output == "nothing to change, generation 2 is live\n")
    }
  }

  @Test func `a wrong file is refused with its line and changes nothing`() async throws {
    try await PlainDaemon.run { daemon in
      let file = daemon.folder + "/sluice.yaml"
      try "services:\n  - service: tcp 10.0.0.100:80\n    rnig: 251\n".write(toFile: file, atomically: true, encoding: .utf8)
      let result = try await daemon.sluice("apply", file)
      #expect(result.code != 0)
      #expect(result.error.contains("\(file):3:"))
      #expect(result.error.split(separator: "\n").count == 1)
      #expect(try await daemon.sluice("service", "list").output.hasPrefix("no services"))
    }
  }

  @Test func `a refusal is one line and not success`() async throws {
    try await PlainDaemon.run { daemon in
      let result = try await daemon.sluice("server", "add", "tcp", "10.0.0.100:80", "10.0.0.2")
      #expect(result.code == 1)
      #expect(result.output == "")
      let reason = ServiceTableError.noSuchService(ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80))
      #expect(result.error == "Error: \(reason)\n")
    }
  }

  @Test func `without a daemon it says how to start one`() async throws {
    let result = try await PlainDaemon.sluice(["status", "--socket", "/tmp/sluice-nobody.sock"])
    #expect(result.code == 1)
    #expect(result.error.hasPrefix("Error: no sluice daemon listens on /tmp/sluice-nobody.sock: start one with 'sluice run"))
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test func `a file that isn't there is named`() async throws {
    let result = try await PlainDaemon.sluice(["apply", "/tmp/no-such-sluice.yaml"])
    #expect(result.code == 1)
    #expect(
      result.error
        == "Error: can't read /tmp/no-such-sluice.yaml: No such file or directory; check the path and its permissions\n"
    )
  }

  @Test("A wrong word on the command line is named", arguments: [["10.0.0.100"], ["10.0.0.300:80"], ["2001:db8::1:80"]])
  func argument(_ endpoint: [String]) async throws {
    let result = try await PlainDaemon.sluice(["service", "remove", "tcp"] + endpoint)
    #expect(result.code == 64)
    #expect(result.error.contains("'\(endpoint[0])' is not an address and port"))
  }
}
