import Testing

@testable import Configuration
@testable import Model

/// A wrong file, and the line that the operator reads.
struct WrongFile: Sendable, CustomTestStringConvertible {
  let yaml: String
  let error: String
  var testDescription: String { error }

  /// The text follows one line with a valid director section.
  static func services(_ yaml: String, _ error: String) -> WrongFile {
    WrongFile(yaml: "director: { interfaces: [eth0] }\n" + yaml, error: error)
  }

  static func director(_ lines: String, _ error: String) -> WrongFile {
    WrongFile(yaml: "director:\n  interfaces: [eth0]\n" + lines, error: error)
  }
}

@Suite struct ConfigurationErrorTests {
  @Test(arguments: [
    WrongFile(yaml: "", error: "f:1:1: the file is empty; start from Docs/sluice.example.yaml"),
    WrongFile(
      yaml: "- a\n",
      error: "f:1:1: the file is a list; write a mapping with keys from director, timeouts, services, replay"
    ),
    WrongFile(
      yaml: "services: []\n",
      error: "f:1:1: 'director' is missing in the file; add a line such as 'director: { interfaces: [eth0] }'"
    ),
    WrongFile(
      yaml: "director: {}\n",
      error: "f:1:11: 'interfaces' is missing in director; add a line such as 'interfaces: [eth0]'"
    ),
    WrongFile(
      yaml: "director:\n  interfaces: eth0\n",
      error: "f:2:15: director.interfaces is 'eth0'; write a list, or [] for an empty one"
    ),
    WrongFile(
      yaml: "director:\n  interfaces: []\n",
      error: "f:2:15: director.interfaces has 0 names; write 1 to 16, such as [eth0]"
    ),
    WrongFile(
      yaml: "director:\n  interfaces: [a/b]\n",
      error: "f:2:16: director.interfaces[0] is 'a/b'; write an interface name as 'ip link' shows it, at most 15 bytes"
    ),
    .director(
      "  hooks: { server-down: sh -c x }\n",
      "f:3:25: director.hooks.server-down is 'sh -c x'; write an absolute path and words separated by spaces (no shell, no quotes), or none"
    ),
    .director(
      "  hooks: { timeout: 1h }\n",
      "f:3:21: director.hooks.timeout is '1h'; write a time such as 500ms, 2s, 1m or 1h, from 100ms to 10m"
    ),
    .services(
      "services: [{ service: tcp 10.0.0.1:80, hooks: { up: /x } }]\n",
      "f:2:49: unknown key 'up' in services[0].hooks; use one of server-up, server-down, quorum-up, quorum-lost, user, timeout"
    ),
    WrongFile(yaml: "director:\n  interfaces: [a, b, a]\n", error: "f:2:22: interface a is given twice; keep one"),
    WrongFile(
      yaml: "director: [\n",
      error: "f:2:1: did not find expected node content while parsing a flow node; check indentation, colons and quotes here"
    ),
    WrongFile(
      yaml: "director:\n\tinterfaces: [eth0]\n",
      error:
        "f:2:1: found character that cannot start any token while scanning for the next token; check indentation, colons and quotes here"
    ),
    WrongFile(
      yaml: "a: 1\n---\nb: 2\n",
      error:
        "f:2:1: but found another document expected a single document in the stream; check indentation, colons and quotes here"
    ),
    WrongFile(
      yaml: "director: 1\ntimeouts: {}\ndirector: 2\n",
      error: "f:1:1: 'director' is given more than once in one mapping; keep one"
    ),
    WrongFile(yaml: "ok: \u{1}\n", error: "f:1:5: control characters are not allowed; remove the character here"),
  ])
  func `a file with a wrong structure is refused`(file: WrongFile) { expect(file) }

  @Test(arguments: [
    WrongFile.director("  interface: x\n", "f:3:3: unknown key 'interface' in director; did you mean 'interfaces'?"),
    .director(
      "  mac-addresses: [a]\n",
      "f:3:18: director.mac-addresses is not a mapping; write lists of MAC addresses by interface, such as { eth0: [02:00:00:00:00:03] }"
    ),
    .director("  mac-addresses: { eth1: [] }\n", "f:3:20: interface eth1 is not in director.interfaces; did you mean 'eth0'?"),
    .director(
      "  mac-addresses: { eth0: [], !tagged eth0: [] }\n",
      "f:3:30: interface eth0 is given twice in director.mac-addresses; keep one"
    ),
    .director(
      "  mac-addresses: { eth0: 02:00:00:00:00:03 }\n",
      "f:3:26: director.mac-addresses.eth0 is '02:00:00:00:00:03'; write a list, or [] for an empty one"
    ),
    .director(
      "  mac-addresses: { eth0: [02:00] }\n",
      "f:3:27: director.mac-addresses.eth0[0] is '02:00'; write a MAC address such as 02:00:00:00:00:02"
    ),
    .director(
      "  mac-addresses: { eth0: [01:00:00:00:00:03] }\n",
      "f:3:27: director.mac-addresses.eth0[0] is 01:00:00:00:00:03, a multicast address; write the MAC address of an interface"
    ),
    .director(
      "  mac-addresses: { eth0: [00:00:00:00:00:00] }\n",
      "f:3:27: director.mac-addresses.eth0[0] is 00:00:00:00:00:00, no interface's address; write the MAC address of an interface"
    ),
    .director(
      "  mac-addresses: { eth0: [02:00:00:00:00:03, 02:00:00:00:00:03] }\n",
      "f:3:46: MAC address 02:00:00:00:00:03 is given twice; keep one"
    ),
    .director(
      "  mac-addresses: { eth0: [\(repeatElement("a", count: 17).joined(separator: ", "))] }\n",
      "f:3:26: director.mac-addresses.eth0 has 17 MAC addresses; write at most 16"
    ),
    .director("  workers: some\n", "f:3:12: director.workers is 'some'; write a whole number from 1 to 64"),
    .director("  workers: 0\n", "f:3:12: director.workers is '0'; write a whole number from 1 to 64"),
    .director("  workers: '2'\n", "f:3:12: director.workers is '2'; write a whole number from 1 to 64"),
    .director("  socket: here.sock\n", "f:3:11: director.socket is 'here.sock'; write an absolute path of at most 103 bytes"),
    .director(
      "  socket: /\(String(repeating: "s", count: 103))\n",
      "f:3:11: director.socket is '/\(String(repeating: "s", count: 103))'; write an absolute path of at most 103 bytes"
    ),
    .director("  addresses: mine\n", "f:3:14: director.addresses is 'mine'; write one of managed, external"),
    .director("  huge-pages: yes\n", "f:3:15: director.huge-pages is 'yes'; write one of auto, on, off"),
    .director("  mode: [native]\n", "f:3:9: director.mode is a list; write one of auto, native, generic"),
    .director("  copy:\n", "f:3:8: director.copy is empty; write one of auto, copy, zero-copy"),
    .director("  hash-key: ''\n", "f:3:13: director.hash-key is ''; write some text"),
    .director("  flows: 1000000\n", "f:3:10: director.flows is 1000000; write a power of two, such as 1048576"),
    .director("  busy-poll: 010\n", "f:3:14: director.busy-poll is '010'; write a whole number from 0 to 1000000"),
    .director(
      "  limits: { ring-slots: 5000 }\n",
      "f:3:25: director.limits.ring-slots is 5000; write a multiple of 2048, such as 6144"
    ),
    .director(
      "  limits: { servers: 1048576 }\n",
      "f:3:22: director.limits.servers is '1048576'; write a whole number from 1 to 1048575"
    ),
    .director("  flows: 2048\n  !tagged flows: 4096\n", "f:4:3: 'flows' is given twice in director; keep one"),
    .director("timeouts:\n  udp: 5m\n", "f:4:8: timeouts.udp is '5m'; write a whole number from 1 to 604800"),
    .director("timeouts:\n  etsablished: 5\n", "f:4:3: unknown key 'etsablished' in timeouts; did you mean 'established'?"),
  ])
  func `a wrong director setting is refused`(file: WrongFile) { expect(file) }

  @Test(arguments: [
    WrongFile.services("services:\n", "f:2:10: services is empty; write a list, or [] for an empty one"),
    .services(
      "services: [1]\n",
      "f:2:12: services[0] is '1'; write a mapping with keys from service, scheduler, scheduler-flags, ring, persistence, one-packet, on-server-loss, no-server, sorry, takes-host, check, hooks, servers"
    ),
    .services(
      "services:\n  - ring: 251\n",
      "f:3:5: 'service' is missing in services[0]; add a line such as 'service: tcp 10.0.0.100:80'"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.100\n",
      "f:3:14: services[0].service is 'tcp 10.0.0.100'; write a service such as 'tcp 10.0.0.100:80' or 'udp [2001:db8::1]:53' (port 0: any port)"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.1:80\n    ring: 65536\n",
      "f:4:11: services[0].ring is '65536'; write auto, or one of 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65537, 131071, 262139, 655373"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.1:80\n    scheduler: rrr\n",
      "f:4:16: services[0].scheduler is 'rrr'; write one of maglev, rr, wrr, lc, wlc, sed, nq, fo, ovf, twos, mh, sh, dh, lblc, lblcr"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.1:80\n    servers:\n      - address: 10.0.0.2\n        wieght: 1\n",
      "f:6:9: unknown key 'wieght' in services[0].servers[0]; did you mean 'weight'?"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.1:80\n    servers:\n      - address: 10.0.0.2\n        weight: 3000000000\n",
      "f:6:17: services[0].servers[0].weight is '3000000000'; write a whole number from 0 to 2147483647"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.1:80\n    servers: [{ address: 10.0.0.2.3 }]\n",
      "f:4:26: services[0].servers[0].address is '10.0.0.2.3'; write an IPv4 or IPv6 address, with a port if it is not the service's: 10.0.0.2 or 10.0.0.2:8080"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.1:80\n    servers: [{ address: 10.0.0.2 }, { address: 10.0.0.2 }]\n",
      "f:4:49: server 10.0.0.2 of tcp 10.0.0.1:80 exists already; give it once, or change it with 'server set'"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.1:80\n  - service: tcp 10.0.0.1:80\n",
      "f:4:14: service tcp 10.0.0.1:80 exists already; give it once, or change it with 'service set'"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.1:80\n    servers: [{ address: '2001:db8::2' }]\n",
      "f:4:26: server 2001:db8::2 of tcp 10.0.0.1:80 has another IP version than the VIP; use a tunnel, such as "
        + "'forward: ipip', or a server address of the VIP's IP version"
    ),
    .services(
      "services:\n  - service: tcp 224.0.0.1:80\n",
      "f:3:14: the VIP of service tcp 224.0.0.1:80 is a multicast address; give a unicast address"
    ),
    .services(
      "services:\n  - service: tcp 10.0.0.1:80\n    servers: [{ address: 10.0.0.9 }]\n  - service: udp 10.0.0.9:53\n",
      "f:4:26: 10.0.0.9 is both a VIP and a server of tcp 10.0.0.1:80, a forwarding loop; give the server's own address"
    ),
  ])
  func `a wrong service is refused`(file: WrongFile) { expect(file) }

  /// A service tcp 10.0.0.1:80 with a server 192.0.2.10, and the error about its third line.
  private static func service(_ line: String, _ error: String) -> WrongFile {
    .services("services:\n  - service: tcp 10.0.0.1:80\n    servers: [{address: 192.0.2.10}]\n    \(line)\n", error)
  }

  @Test(arguments: [
    service("no-server: silent", "f:5:16: services[0].no-server is 'silent'; write one of unreachable, reset"),
    service("sorry:", "f:5:11: services[0].sorry is empty; write an IPv4 or IPv6 address"),
    service("sorry: here", "f:5:12: services[0].sorry is 'here'; write an IPv4 or IPv6 address"),
    service(
      "sorry: [10.0.0.9]",
      "f:5:12: services[0].sorry is a list; write a mapping with keys from address, forward, tunnel-port, checksum, source, entropy"
    ),
    service("sorry: {forward: gre}", "f:5:12: 'address' is missing in services[0].sorry; add a line such as 'address: 10.0.0.9'"),
    service(
      "sorry: {address: 10.0.0.9, weight: 1}",
      "f:5:32: unknown key 'weight' in services[0].sorry; use one of address, forward, tunnel-port, checksum, source, entropy"
    ),
    service(
      "sorry: 192.0.2.10",
      "f:5:12: 192.0.2.10 is both a server and the sorry server of tcp 10.0.0.1:80; remove one of the two; 'service set "
        + "--no-sorry' removes the sorry server"
    ),
    service(
      "sorry: {address: 10.0.0.1}",
      "f:5:22: 10.0.0.1 is both a VIP and a server of tcp 10.0.0.1:80, a forwarding loop; give the server's own address"
    ),
    service(
      "sorry: 224.0.0.1",
      "f:5:12: server 224.0.0.1 of tcp 10.0.0.1:80 is a multicast address; give a unicast address"
    ),
  ])
  func `a wrong setting for the case without a server is refused`(file: WrongFile) { expect(file) }

  /// A server 192.0.2.10 of tcp 10.0.0.1:80, and the error about its line.
  private static func server(_ fields: String, _ error: String, family: String = "192.0.2.10") -> WrongFile {
    .services("services:\n  - service: tcp 10.0.0.1:80\n    servers:\n      - {\(fields), address: '\(family)'}\n", error)
  }

  @Test(arguments: [
    server(
      "forward: vxlan",
      "f:5:19: services[0].servers[0].forward is 'vxlan'; write one of direct, ipip, gue, gre, masquerade"
    ),
    server(
      "forward: gue, tunnel-port: 0",
      "f:5:37: services[0].servers[0].tunnel-port is '0'; write a whole number from 1 to 65535"
    ),
    server("forward: gre, checksum: yes", "f:5:34: services[0].servers[0].checksum is 'yes'; write true or false"),
    server(
      "forward: gre, source: here",
      "f:5:32: services[0].servers[0].source is 'here'; write \(TunnelSource.form)"
    ),
    server(
      "forward: gre, entropy: 10.200.0.0/33",
      "f:5:33: services[0].servers[0].entropy is '10.200.0.0/33'; write \(AddressPrefix.form)"
    ),
    server(
      "forward: gre, source: interface, entropy: 10.200.0.0/16",
      "f:5:52: services[0].servers[0].entropy and 'source' are both given; keep one"
    ),
    server(
      "forward: ipip, tunnel-port: 6080",
      "f:5:53: 'forward: ipip' has no 'tunnel-port' (server 192.0.2.10 of tcp 10.0.0.1:80); remove it, or use 'forward: gue'"
    ),
  ])
  func `a wrong tunnel is refused`(file: WrongFile) { expect(file) }

  private func expect(_ file: WrongFile) {
    let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: file.yaml, file: "f") }
    #expect(error?.description == file.error)
  }
}
