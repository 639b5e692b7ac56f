import Foundation
import Testing

extension DirectorLab {
  /// `ipvsadm` against a running director.
  @Suite struct IPVSAdmTests {
    private struct Sample: Decodable {
      var cmd: String
      var out: String
      var err: String
      var rc: Int32
    }

    @Test("The operator's samples, typed into a shell on the director, come out byte for byte")
    func samples() throws {
      let lab = try Laboratory(serving: false)
      let daemon = try lab.direct([:])
      defer { daemon.signal(SIGTERM) }
      let file = URL(filePath: Laboratory.tools).appending(path: "../Tests/Fixtures/ipvsadm/samples.jsonl")
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let sample = try JSONDecoder().decode(Sample.self, from: Data(line.utf8))
        let ended = try lab.shell(sample.cmd)
        #expect(
          ended.output == sample.out && ended.errors == sample.err && ended.status == sample.rc,
          "\(sample.cmd): \(ended.text)"
        )
      }
      #expect(daemon.isRunning)
    }

    @Test("Connections, counts, rates and timeouts are those of the traffic, and zero begins anew")
    func figures() throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([:])
      defer { daemon.signal(SIGTERM) }
      let vip = "\(Laboratory.vip):80"
      try lab.command("ipvsadm -A -t \(vip) -s rr; ipvsadm -a -t \(vip) -r 10.9.0.11; ipvsadm -a -t \(vip) -r 10.9.0.12")
      try lab.command("ipvsadm --set 1000 0 0")
      // The director learns the way to its new servers.
      try lab.awaitReady(daemon)
      let result = try lab.http("--connections", "20", "--per-connection", "5", "--at-once", "4").result()
      #expect(result.failed == 0, "\(result.errors)")
      let stats = try lab.command("ipvsadm -Ln --stats -t \(vip)").split(separator: "\n").map { $0.split(separator: " ") }
      #expect(stats.count == 5)
      #expect(stats[2][2] == "20" && (Int(stats[2][3]) ?? 0) > 100, "\(stats)")
      #expect(stats[3][2] == "10" && stats[4][2] == "10", "\(stats)")
      #expect(Int(stats[2][5]) == (Int(stats[3][5]) ?? 0) + (Int(stats[4][5]) ?? 0), "\(stats)")
      let connections = try lab.command("ipvsadm -L -n -c").split(separator: "\n")
      #expect(connections.count == 22)
      #expect(connections.dropFirst(2).allSatisfy { $0.contains("\(Laboratory.vip):80      10.9.0.1") }, "\(connections)")
      #expect(try holds(within: 5) { try lab.rate(of: vip) > 0 })
      try lab.command("ipvsadm -Z")
      #expect(
        try lab.command("ipvsadm -Ln --stats -t \(vip)").contains(
          ":80                       0        0        0        0        0\n"
        )
      )
      #expect(try lab.status().services.first?.totals.connections == 20)
      let open = try lab.http("--connections", "2", "--per-connection", "20", "--at-once", "2", "--pause", "0.2")
      #expect(
        try holds(within: 5) {
          try lab.command("ipvsadm -Lnc").split(separator: "\n").filter { $0.contains(" ESTABLISHED ") && $0.contains("TCP 16:") }
            .count == 2
        }
      )
      _ = try open.result()
    }
  }
}

extension Laboratory {
  /// Runs a line in a shell on the director that finds the binary under ipvsadm's names.
  fileprivate func shell(_ line: String) throws -> Ended {
    for name in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
      let link = URL(filePath: folder).appending(path: name)
      try? FileManager.default.createSymbolicLink(at: link, withDestinationURL: URL(filePath: Self.sluice).standardizedFileURL)
    }
    let path = "\(folder):/usr/sbin:/usr/bin:/sbin:/bin"
    return try run(.director, ["bash", "-c", line], environment: ["SLUICE_SOCKET": socket, "PATH": path])
  }

  /// The output of such a line, which must succeed.
  @discardableResult
  fileprivate func command(_ line: String) throws -> String {
    let ended = try shell(line)
    guard ended.status == 0, ended.errors.isEmpty else { throw LabFailure("\(line): \(ended.text)") }
    return ended.output
  }

  /// Packets a second to a service.
  fileprivate func rate(of service: String) throws -> Int {
    let lines = try command("ipvsadm -Ln --rate -t \(service)").split(separator: "\n")
    return lines.count > 2 ? Int(lines[2].split(separator: " ")[3]) ?? 0 : 0
  }
}
