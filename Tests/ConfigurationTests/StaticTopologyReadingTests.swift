import Fixtures
import Testing

@testable import Configuration
@testable import Model

@Suite struct StaticTopologyReadingTests {
  private static let head = "director: { interfaces: [eth0, eth1] }\nreplay:\n"
  private static let interfaces = """
      interfaces:
        eth0: { mac: 02:00:00:00:00:02 }
        eth1: { mac: 02:00:00:00:01:02 }

    """

  @Test func `every key is read`() throws {
    let read = try Configuration(
      yaml: """
        director: { interfaces: [eth0] }
        replay:
          interfaces:
            eth0: { mac: 02:00:00:00:00:02, mtu: 9000, addresses: [10.0.0.1/24, 2001:db8::1/64], tags: [100, 200] }
          next-hops:
            10.0.0.2: { mac: 02:00:00:00:01:02, interface: eth0, mtu: 1400, source: 10.0.0.9, tags: [] }
            2001:db8::2: { mac: 02:00:00:00:01:03 }
        """,
      file: "f",
      staticTopology: .everything
    ).staticTopology
    let interface = try #require(read.interface("eth0"))
    #expect(interface.mac == MACAddress("02:00:00:00:00:02"))
    #expect(interface.mtu == 9000)
    #expect(interface.addresses.map(\.description) == ["10.0.0.1/24", "2001:db8::1/64"])
    #expect(interface.tags == [VLANTag(100, isProvider: true), VLANTag(200)])
    let hop = try #require(read.hops[IPAddress(10, 0, 0, 2)])
    #expect(hop.interface == "eth0")
    #expect(hop.mtu == 1400)
    #expect(hop.source == IPAddress(10, 0, 0, 9))
    #expect(hop.tags == [])
    let other = try #require(IPAddress("2001:db8::2"))
    #expect(read.hops[other]?.mac == MACAddress("02:00:00:00:01:03"))
    #expect(read.hops[other]?.tags == nil)
  }

  @Test func `the static topology is written and read back`() throws {
    var configuration = try Configuration(yaml: TestTopology.yaml, file: "f")
    configuration.staticTopology.hops[IPAddress(10, 0, 0, 2)]?.source = IPAddress(10, 0, 0, 7)
    configuration.staticTopology.hops[IPAddress(10, 0, 0, 2)]?.interface = "eth1"
    configuration.staticTopology.hops[IPAddress(10, 0, 0, 2)]?.tags = []
    configuration.staticTopology.hops[IPAddress(10, 0, 0, 2)]?.mtu = 1400
    #expect(try Configuration(yaml: configuration.yaml, file: "written", staticTopology: .everything) == configuration)
  }

  @Test func `a daemon's file needs no static topology, and may have one`() throws {
    #expect(try Configuration(yaml: "director: { interfaces: [eth0] }", file: "f").staticTopology.isEmpty)
    #expect(try Configuration(yaml: TestTopology.yaml, file: "f").staticTopology.interfaces.count == 2)
  }

  @Test(arguments: [
    WrongFile(
      yaml: "director: { interfaces: [eth0] }\n",
      error:
        "f:1:1: 'replay' is missing in the file; add a line such as 'replay: { interfaces: { eth0: { mac: 02:00:00:00:00:02 } } }'"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 02:00:00:00:00:02 } }\n",
      error: "f:3:15: interface eth1 of director.interfaces is missing in replay.interfaces; add a line such as "
        + "'eth1: {mac: 02:00:00:00:00:02, addresses: [10.0.0.1/24]}'"
    ),
    WrongFile(
      yaml: head + "  next-hops: {}\n",
      error: "f:3:3: interface eth0 of director.interfaces is missing in replay; add a line such as "
        + "'eth0: {mac: 02:00:00:00:00:02, addresses: [10.0.0.1/24]}'"
    ),
    WrongFile(yaml: head + "  hops: {}\n", error: "f:3:3: unknown key 'hops' in replay; use one of interfaces, next-hops"),
    WrongFile(
      yaml: head + "  interfaces: [eth0]\n",
      error: "f:3:15: replay.interfaces is not a mapping; write interfaces by name"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eht0: { mac: 02:00:00:00:00:02 } }\n",
      error: "f:3:17: interface eht0 is not in director.interfaces; did you mean 'eth0'?"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 02:00:00:00:00:02 }, !x eth0: { mac: 02:00:00:00:00:02 } }\n",
      error: "f:3:51: interface eth0 is given twice in replay.interfaces; keep one"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mtu: 1500 } }\n",
      error: "f:3:23: 'mac' is missing in replay.interfaces.eth0; add a line such as 'mac: 02:00:00:00:00:02'"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 02:00:00 } }\n",
      error: "f:3:30: replay.interfaces.eth0.mac is '02:00:00'; write a MAC address such as 02:00:00:00:00:02"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 01:00:5e:00:00:01 } }\n",
      error: "f:3:30: replay.interfaces.eth0.mac is 01:00:5e:00:00:01, a multicast address; write the MAC address of an interface"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 02:00:00:00:00:02, mtu: 67 } }\n",
      error: "f:3:54: replay.interfaces.eth0.mtu is '67'; write a whole number from 68 to 65535"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 02:00:00:00:00:02, addresses: [10.0.0.1/33] } }\n",
      error:
        "f:3:61: replay.interfaces.eth0.addresses[0] is '10.0.0.1/33'; write an address such as 10.0.0.1/24 or 2001:db8::1/64"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 02:00:00:00:00:02, tags: [4095] } }\n",
      error: "f:3:56: replay.interfaces.eth0.tags[0] is '4095'; write \(VLANTag.form)"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 02:00:00:00:00:02, tags: [q:7, x:100] } }\n",
      error: "f:3:61: replay.interfaces.eth0.tags[1] is 'x:100'; write \(VLANTag.form)"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 02:00:00:00:00:02, tags: [ad:0] } }\n",
      error: "f:3:56: replay.interfaces.eth0.tags[0] is 'ad:0'; write \(VLANTag.form)"
    ),
    WrongFile(
      yaml: head + "  interfaces: { eth0: { mac: 02:00:00:00:00:02, tags: [1, 2, 3] } }\n",
      error: "f:3:55: replay.interfaces.eth0.tags has 3 VLAN ids; write at most two, outer first"
    ),
  ])
  func `a wrong interface is refused`(file: WrongFile) { expect(file) }

  @Test(arguments: [
    WrongFile(
      yaml: head + interfaces + "  next-hops: []\n",
      error: "f:6:14: replay.next-hops is not a mapping; write next hops by real server"
    ),
    WrongFile(
      yaml: head + interfaces + "  next-hops: { web1: { mac: 02:00:00:00:01:02 } }\n",
      error: "f:6:16: a key of replay.next-hops is 'web1'; write the IPv4 or IPv6 address of a real server"
    ),
    WrongFile(
      yaml: head + interfaces + "  next-hops: { 10.0.0.2: {} }\n",
      error: "f:6:26: 'mac' is missing in replay.next-hops.10.0.0.2; add a line such as 'mac: 02:00:00:00:01:02'"
    ),
    WrongFile(
      yaml: head + interfaces + "  next-hops: { 10.0.0.2: { mac: 02:00:00:00:01:02, interface: eth3 } }\n",
      error: "f:6:63: interface eth3 is not in director.interfaces; did you mean 'eth0'?"
    ),
    WrongFile(
      yaml: head + interfaces + "  next-hops: { 10.0.0.2: { mac: 02:00:00:00:01:02, mtu: big } }\n",
      error: "f:6:57: replay.next-hops.10.0.0.2.mtu is 'big'; write a whole number from 68 to 65535"
    ),
    WrongFile(
      yaml: head + interfaces + "  next-hops: { 10.0.0.2: { mac: 02:00:00:00:01:02, source: eth0 } }\n",
      error: "f:6:60: replay.next-hops.10.0.0.2.source is 'eth0'; write an IPv4 or IPv6 address"
    ),
    WrongFile(
      yaml: head + interfaces
        + "  next-hops: { 2001:db8::2: { mac: 02:00:00:00:01:02 }, 2001:db8:0::2: { mac: 02:00:00:00:01:02 } }\n",
      error: "f:6:57: server 2001:db8::2 is given twice in replay.next-hops; keep one"
    ),
  ])
  func `a wrong next hop is refused`(file: WrongFile) { expect(file) }

  @Test func `a file for --switch is checked against the interfaces of the first file`() {
    let error = #expect(throws: ConfigurationError.self) {
      try Configuration(
        yaml: "services: []\nreplay: { next-hops: { 10.0.0.2: { mac: 02:00:00:00:01:02, interface: eth9 } } }\n",
        file: "f",
        needsInterfaces: false,
        staticTopology: .changes(interfaces: ["eth0"])
      )
    }
    #expect(error?.description == "f:2:71: interface eth9 is not in director.interfaces; did you mean 'eth0'?")
  }

  private func expect(_ file: WrongFile) {
    let error = #expect(throws: ConfigurationError.self) {
      try Configuration(yaml: file.yaml, file: "f", staticTopology: .everything)
    }
    #expect(error?.description == file.error)
  }

  @Test(
    "Tags have the written type, else the usual one",
    arguments: [
      ("[]", [], "[]"), ("[7]", [VLANTag(7)], "[q:7]"), ("[ad:7]", [VLANTag(7, isProvider: true)], "[ad:7]"),
      ("[100, 7]", [VLANTag(100, isProvider: true), VLANTag(7)], "[ad:100, q:7]"),
      ("[q:100, 7]", [VLANTag(100), VLANTag(7)], "[q:100, q:7]"), ("[100, q:7]", [VLANTag(100), VLANTag(7)], "[q:100, q:7]"),
      ("[100, ad:7]", [VLANTag(100), VLANTag(7, isProvider: true)], "[q:100, ad:7]"),
      ("[ad:100, ad:7]", [VLANTag(100, isProvider: true), VLANTag(7, isProvider: true)], "[ad:100, ad:7]"),
    ] as [(String, [VLANTag], String)]
  )
  func tags(written: String, tags: [VLANTag], again: String) throws {
    let hops = "replay: { next-hops: { 10.0.0.2: { mac: 02:00:00:00:00:02, tags: \(written) } } }"
    let read = try Configuration(yaml: hops, file: "f", needsInterfaces: false)
    #expect(read.staticTopology.hops.values.first?.tags == tags)
    #expect(read.yaml.contains("tags: \(again)}"))
    #expect(try Configuration(yaml: read.yaml, file: "f", needsInterfaces: false) == read)
  }
}
