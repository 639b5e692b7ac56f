import Foundation
import Testing

/// The built executable under ipvsadm's names, with a shell as operators and scripts have it.
@Suite(.serialized) struct IPVSAdmProgramTests {
  private struct Sample: Decodable {
    var cmd: String
    var out: String
    var err: String
    var rc: Int32
  }

  @Test func `the operator's samples come out the same through a shell`() async throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/ipvsadm/samples.jsonl")
    let samples = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Sample.self, from: Data($0.utf8))
    }
    try await PlainDaemon.run { daemon in
      for sample in samples {
        let ended = try await daemon.shell(sample.cmd)
        #expect(ended.output == sample.out && ended.error == sample.err && ended.code == sample.rc, "\(sample.cmd): \(ended)")
      }
    }
  }

  @Test func `a saved table is restored through a pipe, and a fault in it changes nothing`() async throws {
    try await PlainDaemon.run { daemon in
      _ = try await daemon.shell(
        "ipvsadm -A -t 10.9.0.1:80 -s sh -p 60 -b sh-port; ipvsadm -a -t 10.9.0.1:80 -r 10.0.0.2 -i -w 0"
      )
      let saved = try await daemon.shell(
        "ipvsadm-save -n >$FOLDER/saved; ipvsadm -C; ipvsadm-restore <$FOLDER/saved; sluice ipvsadm -Sn"
      )
      #expect(
        saved.output == "-A -t 10.9.0.1:80 -s sh -p 60 -b sh-port\n-a -t 10.9.0.1:80 -r 10.0.0.2:80 -i -w 0 --tun-type ipip\n"
      )
      // More than a pipe holds.
      let comments = "for i in $(seq 3000); do echo \"# a line of some fifty characters, number $i\"; done"
      let long = try await daemon.shell("(\(comments); cat $FOLDER/saved) | ipvsadm-restore && ipvsadm -Sn")
      #expect(long.code == 0 && long.output == saved.output, "\(long)")
      let refused = try await daemon.shell("(cat $FOLDER/saved; echo -A -t 10.9.0.2:80 -s nope) | ipvsadm-restore")
      #expect(refused.error == "Scheduler or persistence engine not found\n" && refused.code == 255)
      #expect(try await daemon.shell("ipvsadm -Sn").output == saved.output)
    }
  }

  @Test func `help is ipvsadm's, also as a subcommand; the socket may be given before; without a daemon the code is 2`()
    async throws
  {
    try await PlainDaemon.run { daemon in
      let help = try await daemon.shell("ipvsadm -h")
      #expect(help.output.hasPrefix("ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\nUsage:\n  ipvsadm -A|E "))
      #expect(try await daemon.shell("sluice ipvsadm --help").output == help.output)
      #expect(try await daemon.shell("sluice help").output.contains("ipvsadm "))
      let path = try await daemon.shell(
        "unset SLUICE_SOCKET; sluice ipvsadm --socket $FOLDER/sluice.sock --set 100 10 50 && ipvsadm -h | head -c 7"
      )
      #expect(path.output == "ipvsadm" && path.code == 0, "\(path)")
      #expect(try await daemon.shell("ipvsadm -L --timeout").output == "Timeout (tcp tcpfin udp): 100 10 50\n")
      let absent = try await daemon.shell("SLUICE_SOCKET=$FOLDER/none ipvsadm -Ln")
      #expect(absent.code == 2 && absent.output.isEmpty && absent.error.hasPrefix("no sluice daemon listens on "))
      #expect(try await daemon.shell("sluice ipvsadm --proc").output.hasPrefix("IP Virtual Server version 1.2.1 (size=4096)\n"))
    }
  }
}

extension PlainDaemon {
  /// Runs a line in a shell that finds the executable under all its names.
  fileprivate func shell(_ line: String) async throws -> Result {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let binary = URL(filePath: own).deletingLastPathComponent().appending(path: "sluice")
    for name in ["sluice", "ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
      try? FileManager.default.createSymbolicLink(at: URL(filePath: folder).appending(path: name), withDestinationURL: binary)
    }
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", line]
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = folder + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["SLUICE_SOCKET"] = folder + "/sluice.sock"
    environment["FOLDER"] = folder
    process.environment = environment
    return try await Self.run(process)
  }
}
