import Foundation
import Testing

/// The decapsulator alone: hand-made tunnel packets, without a director.
@Suite(.serialized, .enabled(if: Laboratory.isRoot, Laboratory.excuse), .timeLimit(.minutes(1)))
struct DecapLabTests {
  @Test("Valid packets are decapsulated and answered; invalid ones are dropped; packets for others stay as they are")
  func unwraps() throws {
    let lab = try Laboratory(serving: false)
    try lab.output(.rs3, "ip", "addr", "add", "\(Laboratory.vip)/32", "dev", "lo")
    let echo = try lab.start(.rs3, ["\(Laboratory.tools)/traffic/udp-echo", "rs3", "53"])
    let decap = try lab.start(.rs3, [Laboratory.sluice, "decap", "--interface", "eth0"])
    #expect(
      try holds(within: 5) { decap.output.contains("unwrapping IP-in-IP, GUE (UDP port 6080) and GRE on eth0, in the driver") }
    )
    // Frames after the program, as the kernel receives them. It drops the tagged ones, as it has no VLAN device, but tcpdump sees
    // them first.
    let tagged = try lab.capture(.rs3, "vlan", direction: "in")
    let answers = try lab.capture(.client, "udp and src host \(Laboratory.vip)", direction: "in")

    // The kinds of Tools/traffic/tunnel, in its order, each once.
    let plain = ["valid", "options", "inner-version", "checksum", "length", "fragment", "v6-outer", "tag", "two-tags"]
    let kinds = plain + ["gue", "gue-checksum", "gue-wrong", "gre", "gre-checksum", "gre-wrong"]
    let sent = try lab.run(.router, ["\(Laboratory.tools)/traffic/tunnel"] + kinds)
    #expect(sent.status == 0, "\(sent.text)")

    let payloads = try answers.frames().map { String(decoding: $0.packet.dropFirst(28), as: UTF8.self) }
    let valid = ["valid", "options", "v6-outer", "gue", "gue-checksum", "gre", "gre-checksum"]
    #expect(payloads == valid.map { "rs3 \(Laboratory.clientAddress) \($0)" })
    let ethertypes = try tagged.frames().map { frame in stride(from: 12, to: 22, by: 2).map { frame.word($0) } }
    #expect(ethertypes.map { Array($0[0..<3]) } == [[0x8100, 7, 0x0800], [0x88a8, 7, 0x8100]])
    #expect(ethertypes.last?[3...] == [8, 0x0800])

    decap.signal(SIGTERM)
    #expect(try decap.wait(within: 5).status == 0)
    #expect(decap.output.contains("unwrapped 9 packets on eth0, dropped 5 invalid ones, left 1 fragments"), "\(decap.output)")
    #expect(try !lab.output(.rs3, "bpftool", "net").contains("eth0("))
    echo.signal(SIGTERM)
  }

  @Test("An address that the host gets later is the host's too")
  func followsAddresses() throws {
    let lab = try Laboratory(serving: false)
    try lab.output(.rs3, "ip", "addr", "add", "\(Laboratory.vip)/32", "dev", "lo")
    try lab.output(.rs3, "ip", "addr", "del", "10.9.3.13/24", "dev", "eth0")
    let decap = try lab.start(.rs3, [Laboratory.sluice, "decap", "--interface", "eth0"])
    #expect(try holds(within: 5) { decap.output.contains("unwrapping") })
    try lab.output(.rs3, "ip", "addr", "add", "10.9.3.13/24", "dev", "eth0")
    // It checks the addresses once a second.
    usleep(1_500_000)
    let sent = try lab.run(.router, ["\(Laboratory.tools)/traffic/tunnel", "valid"])
    #expect(sent.status == 0, "\(sent.text)")
    usleep(200_000)
    decap.signal(SIGTERM)
    try decap.wait(within: 5)
    #expect(decap.output.contains("unwrapped 1 packets"), "\(decap.output)")
  }

  @Test("The program is detached when the process ends, even by kill -9")
  func goesWithProcess() throws {
    let lab = try Laboratory(serving: false)
    let decap = try lab.start(.rs3, [Laboratory.sluice, "decap", "--interface", "eth0"])
    #expect(try holds(within: 5) { decap.output.contains("unwrapping") })
    #expect(try lab.output(.rs3, "bpftool", "net").contains("eth0("))
    decap.signal(SIGKILL)
    try decap.wait(within: 5)
    #expect(try !lab.output(.rs3, "bpftool", "net").contains("eth0("))
  }
}
