import Foundation
import Testing

/// `sluice replay` and `sluice explain --config` as an operator runs them: files in, files and lines out, no daemon.
@Suite struct ReplayCommandTests {
  private static let configuration = """
    director: { interfaces: [eth0], flows: 1024, limits: { services: 8, servers: 16, ring-slots: 4096 } }
    services:
      - { service: tcp 10.0.0.100:80, ring: 251, servers: [{ address: 10.0.0.2 }] }
    replay:
      interfaces: { eth0: { mac: 02:00:00:00:00:02, addresses: [10.0.0.1/24] } }
      next-hops: { 10.0.0.2: { mac: 02:00:00:00:00:22 } }

    """

  /// A capture, little endian, of as many SYNs from 192.0.2.1:40000 to 10.0.0.100:80.
  private static func capture(packets: Int) -> Data {
    let header: [UInt8] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0]
    let record: [UInt8] = [1, 0, 0, 0, 2, 0, 0, 0, 54, 0, 0, 0, 54, 0, 0, 0]
    let ethernet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0xc1, 8, 0]
    let packet: [UInt8] = [
      0x45, 0, 0, 0x28, 0x12, 0x34, 0x40, 0, 0x3f, 6, 0x5d, 0x37, 192, 0, 2, 1, 10, 0, 0, 100, 0x9c, 0x40, 0, 80, 0, 0, 0, 1,
      0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0xab, 0xcd, 0, 0,
    ]
    return Data(header + (0..<packets).flatMap { _ in record + ethernet + packet })
  }

  /// A folder with `topology.yaml` and `in.pcap`.
  private func folder(packets: Int = 2, _ body: (String) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "/sluice-replay-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.configuration.write(toFile: folder + "/topology.yaml", atomically: true, encoding: .utf8)
    try Self.capture(packets: packets).write(to: URL(filePath: folder + "/in.pcap"))
    try await body(folder)
  }

  private func replay(_ folder: String, _ more: String...) async throws -> PlainDaemon.Result {
    let files = ["--config", folder + "/topology.yaml", folder + "/in.pcap", folder + "/out.pcap"]
    return try await PlainDaemon.sluice(["replay"] + files + more)
  }

  @Test func `a capture goes through and comes out, reported packet by packet or summed up`() async throws {
    try await folder { folder in
      let reported = try await replay(folder, "--json")
      #expect(reported.code == 0 && reported.error == "")
      let lines = reported.output.split(separator: "\n")
      #expect(lines.count == 2)
      #expect(
        lines.first
          == #"{"packet":1,"verdict":"forward","reason":"forwarded","service":"tcp 10.0.0.100:80","server":"10.0.0.2","interface":"eth0","output":[1]}"#
      )
      let written = try Data(contentsOf: URL(filePath: folder + "/out.pcap"))
      #expect(written.count == Self.capture(packets: 2).count)
      #expect(written.dropFirst(40).prefix(12).elementsEqual([2, 0, 0, 0, 0, 0x22, 2, 0, 0, 0, 0, 2]))
      let summed = try await replay(folder)
      #expect(summed.output.hasPrefix("2 packets: forward 2; 2 written to \(folder)/out.pcap\n"))
    }
  }

  @Test func `--at takes a number and a file, as often as wanted`() async throws {
    try await folder(packets: 4) { folder in
      for (name, server) in [("b", "10.0.0.3"), ("c", "10.0.0.4")] {
        let text =
          "services: [{ service: tcp 10.0.0.100:80, ring: 251, servers: [{ address: \(server) }] }]\n"
          + "replay: { next-hops: { \(server): { mac: 02:00:00:00:00:33 } } }\n"
        try text.write(toFile: folder + "/\(name).yaml", atomically: true, encoding: .utf8)
      }
      let reported = try await replay(
        folder,
        "--at",
        "4",
        folder + "/c.yaml",
        "--json",
        "--at",
        "2",
        folder + "/b.yaml",
        "--at",
        "9",
        folder + "/b.yaml"
      )
      let servers = reported.output.split(separator: "\n").map { $0.split(separator: "\"server\":\"")[1].prefix(8) }
      #expect(servers == ["10.0.0.2", "10.0.0.3", "10.0.0.3", "10.0.0.4"])
      #expect(reported.code == 0)
      #expect(reported.error == "sluice: 1 of --at came after the last packet: \(folder)/in.pcap has 4\n")
    }
  }

  @Test func `what can't be replayed is one line, and not success`() async throws {
    try await folder { folder in
      func says(_ text: String, _ more: String...) async throws {
        let result = try await PlainDaemon.sluice(["replay", "--config", folder + "/topology.yaml"] + more)
        #expect(result.code == 1)
        #expect(result.error == "Error: \(text)\n")
      }
      try Data("no capture".utf8).write(to: URL(filePath: folder + "/text"))
      try await says(
        "can't replay \(folder)/text: it is no pcap file; record one with 'tcpdump -w FILE'",
        folder + "/text",
        folder + "/out.pcap"
      )
      try await says(
        "\(folder)/in.pcap is the capture itself: give the output another name",
        folder + "/in.pcap",
        folder + "/in.pcap"
      )
      try await says(
        "can't read \(folder)/none: No such file or directory; check the path and its permissions",
        folder + "/none",
        folder + "/out.pcap"
      )
      #expect(try Data(contentsOf: URL(filePath: folder + "/in.pcap")) == Self.capture(packets: 2))
      try "director: { interfaces: [eth0] }\nreplay: {}\n".write(
        toFile: folder + "/topology.yaml",
        atomically: true,
        encoding: .utf8
      )
      let bare = try await replay(folder)
      #expect(bare.error.hasPrefix("Error: \(folder)/topology.yaml:2:9: eth0 of director.interfaces is missing in replay;"))
    }
  }

  @Test("A switch that is none is refused", arguments: [["--at", "0", "b.yaml"], ["--at", "2"], ["--at", "two", "b.yaml"]])
  func badSwitch(words: [String]) async throws {
    try await folder { folder in
      let result = try await PlainDaemon.sluice(
        ["replay", "--config", folder + "/topology.yaml", folder + "/in.pcap", folder + "/out.pcap"] + words
      )
      #expect(result.code == 64)
      #expect(result.error.contains("is invalid for '--at <packet> <file>'"))
      #expect(result.error.contains(words.dropFirst().joined(separator: " ")))
    }
  }

  @Test func `a capture cut short is replayed up to there, and said to be so`() async throws {
    try await folder { folder in
      try Self.capture(packets: 2).dropLast().write(to: URL(filePath: folder + "/in.pcap"))
      let result = try await replay(folder, "--json")
      #expect(result.code == 1)
      #expect(result.error.hasPrefix("Error: can't replay \(folder)/in.pcap: it ends within packet 2"))
      #expect(result.output.split(separator: "\n").count == 1)
      #expect(try Data(contentsOf: URL(filePath: folder + "/out.pcap")).count == 24 + 16 + 54)
    }
  }

  @Test func `explain goes by a file, too`() async throws {
    try await folder { folder in
      let words = ["explain", "tcp", "192.0.2.1:40000", "10.0.0.100:80", "--config", folder + "/topology.yaml"]
      let reported = try await PlainDaemon.sluice(words)
      #expect(reported.code == 0)
      let lines = reported.output.split(separator: "\n").map(String.init)
      #expect(lines.contains("service   tcp 10.0.0.100:80 (exact port), ring of 251 slots"))
      #expect(lines.contains("server    10.0.0.2, direct, weight 1, ok, by the hash"))
      #expect(lines.contains("next hop  02:00:00:00:00:22 by eth0 (02:00:00:00:00:02), MTU 1500"))
      #expect(lines.contains("verdict   forward"))
      let json = try JSONSerialization.jsonObject(with: Data(try await PlainDaemon.sluice(words + ["--json"]).output.utf8))
      #expect((json as? [String: Any])?["decided-by"] as? String == "hash")
    }
  }

  @Test func `explain asks the daemon otherwise`() async throws {
    try await PlainDaemon.run { daemon in
      let reported = try await daemon.sluice("explain", "udp", "192.0.2.1:1", "10.0.0.100:53")
      #expect(reported.code == 0)
      #expect(
        reported.output.hasSuffix(
          "verdict   pass (not-for-service)\nnote      there are no services: add one with 'sluice service add'\n"
        )
      )
      let mixed = try await daemon.sluice("explain", "udp", "192.0.2.1:1", "[2001:db8::1]:53")
      #expect(mixed.code == 64)
      #expect(mixed.error.hasPrefix("Error: 192.0.2.1:1 and [2001:db8::1]:53 are of different IP versions: no packet has both\n"))
    }
  }
}
