import Foundation
import Testing

extension DirectorLab {
  /// The daemon as a user of its own with exactly the capabilities that the documentation names.
  @Suite struct PrivilegeTests {
    private static let capabilities = ["net_admin", "net_raw", "bpf", "perfmon", "ipc_lock"]

    /// A command that runs `sluice run` as nobody, in a mount namespace with a bpffs of nobody's own.
    private func command(_ lab: Laboratory, _ capabilities: [String], _ file: String) -> [String] {
      let set = "-all" + capabilities.map { ",+\($0)" }.joined()
      let privileges =
        "setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set \(set) --inh-caps \(set) --ambient-caps \(set)"
      return [
        "unshare", "-m", "sh", "-c",
        "mount --make-rprivate / && mount --bind \(lab.folder)/bpf /sys/fs/bpf && "
          + "exec env RUNTIME_DIRECTORY=\(lab.folder)/own \(privileges) \(Laboratory.sluice) run --config \(file)",
      ]
    }

    private func prepare() throws -> (Laboratory, file: String) {
      let lab = try Laboratory()
      try lab.output(
        .net,
        "sh",
        "-c",
        "chmod 755 \(lab.folder) && mkdir \(lab.folder)/own \(lab.folder)/bpf && mount -t bpf bpf \(lab.folder)/bpf "
          + "&& chown nobody \(lab.folder)/own \(lab.folder)/bpf && chmod 700 \(lab.folder)/own \(lab.folder)/bpf"
      )
      let text = lab.configuration(.usual).replacing("socket: \(lab.socket)", with: "socket: \(lab.folder)/own/sluice.sock")
      return (lab, try lab.write(text, to: "sluice.yaml"))
    }

    private func isReady(_ lab: Laboratory, _ daemon: Running) throws {
      let ready = try holds(within: 10) {
        let status = try lab.run(
          .director,
          [Laboratory.sluice, "status"],
          environment: ["SLUICE_SOCKET": "\(lab.folder)/own/sluice.sock"]
        )
        guard daemon.isRunning else { throw LabFailure("the director ended: \(daemon.errors)") }
        return status.status == 0 && !status.output.contains("unresolved")
      }
      guard ready else { throw LabFailure("not ready: \(daemon.errors)") }
    }

    @Test("Start, take-over after kill -9 with every connection, reload and stop as nobody")
    func asNobody() throws {
      let (lab, file) = try prepare()
      defer { _ = try? lab.output(.net, "umount", "\(lab.folder)/bpf") }
      let first = try lab.start(.director, command(lab, Self.capabilities, file))
      try isReady(lab, first)
      let uid = try String(contentsOfFile: "/proc/\(first.pid)/status", encoding: .utf8).firstMatch(of: /Uid:\s+(\d+)/)?.1
      #expect(uid == "65534")
      let long = try lab.http("--connections", "20", "--per-connection", "40", "--at-once", "20", "--pause", "0.1")
      usleep(1_000_000)
      first.signal(SIGKILL)
      try first.wait(within: 5)
      let second = try lab.start(.director, command(lab, Self.capabilities, file))
      try isReady(lab, second)
      #expect(second.errors.contains("took over"), "\(second.errors)")
      let result = try long.result()
      #expect(result.failed == 0 && result.requests == 800, "\(result.errors)")
      second.signal(SIGHUP)
      #expect(try holds(within: 3) { second.errors.contains("applied") }, "\(second.errors)")
      second.signal(SIGTERM)
      #expect(try second.wait(within: 5).status == 0, "\(second.errors)")
      #expect(try !lab.output(.director, "bpftool", "net").contains("eth0("))
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(lab.folder)/own") == ["sluice.sock.events"])
    }

    @Test("A capability that is missing is named", arguments: ["net_admin", "net_raw", "bpf"])
    func missing(_ capability: String) throws {
      let (lab, file) = try prepare()
      defer { _ = try? lab.output(.net, "umount", "\(lab.folder)/bpf") }
      let ended = try lab.run(.director, command(lab, Self.capabilities.filter { $0 != capability }, file))
      #expect(ended.status == 1)
      #expect(ended.errors.contains("CAP_\(capability.uppercased())"), "\(ended.errors)")
    }
  }
}
