import Foundation
import Testing

extension DirectorLab {
  /// An impossible start is refused in one clear line, with an exit status other than 0.
  @Suite struct RefusalTests {
    @Test("Without root: the line says so")
    func notRoot() throws {
      let lab = try Laboratory(serving: false)
      // The binary may be in a folder that only root can read.
      let copy = "\(lab.folder)/sluice"
      try FileManager.default.copyItem(atPath: Laboratory.sluice, toPath: copy)
      let file = try lab.write(lab.configuration(.usual), to: "sluice.yaml")
      let nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
      expectOneLine(try lab.run(.director, nobody + [copy, "run", "--config", file]), naming: "root")
      expectOneLine(try lab.run(.director, nobody + [copy, "decap", "--interface", "eth0"]), naming: "root")
    }

    @Test("Unknown interface: the line names it")
    func unknownInterface() throws {
      let lab = try Laboratory(serving: false)
      let text = lab.configuration(.usual).replacing("[eth0]", with: "[eth7]")
      expectOneLine(try run(lab, text), naming: "eth7")
      expectOneLine(try lab.run(.director, [Laboratory.sluice, "decap", "--interface", "eth7"]), naming: "eth7")
    }

    @Test("An interface without XDP support in the driver, with native mode configured: the line names it and the setting")
    func noNativeXDP() throws {
      let lab = try Laboratory(serving: false)
      // The bridge: it supports only generic XDP.
      let text = lab.configuration(.usual, interfaces: ["segment"], director: ["mode: native"])
      let file = try lab.write(text, to: "sluice.yaml")
      let ended = try lab.run(.net, [Laboratory.sluice, "run", "--config", file])
      expectOneLine(ended, naming: "segment")
      #expect(ended.errors.contains("mode: auto"), "\(ended.errors)")
    }

    @Test("Wrong YAML: the line has the position, and nothing is attached")
    func wrongYAML() throws {
      let lab = try Laboratory(serving: false)
      let text = lab.configuration(.usual).replacing("weight: 2", with: "weight: heavy")
      expectOneLine(try run(lab, text), naming: ":10:")
      #expect(try !lab.output(.director, "bpftool", "net").contains("eth0("))
    }

    @Test("An interface with another XDP program: the line names the program, and the program stays")
    func occupied() throws {
      let lab = try Laboratory(serving: false)
      let other = try lab.start(.director, [Laboratory.sluice, "decap", "--interface", "eth0"])
      #expect(try holds(within: 5) { other.output.contains("unwrapping") })
      expectOneLine(try run(lab, lab.configuration(.usual)), naming: "eth0")
      expectOneLine(try lab.run(.director, [Laboratory.sluice, "decap", "--interface", "eth0"]), naming: "eth0")
      #expect(try lab.output(.director, "bpftool", "net").contains("eth0("))
      other.signal(SIGTERM)
      #expect(try other.wait(within: 5).status == 0)
    }

    @Test("A second director on the same control socket: the line names the owner, and the first one keeps running")
    func socketInUse() throws {
      let lab = try Laboratory()
      let first = try lab.direct(.usual)
      expectOneLine(try run(lab, lab.configuration(.usual)), naming: lab.socket)
      #expect(try lab.http("--connections", "50", "--per-connection", "1").result().failed == 0)
      first.signal(SIGTERM)
      #expect(try first.wait(within: 5).status == 0)
    }

    @Test("A map that is too large: the line names it")
    func mapTooLarge() throws {
      let lab = try Laboratory(serving: false)
      // 2^28 ring slots in two halves are 1 GiB; the process's limit is half of that.
      let text = lab.configuration(.usual, director: ["limits: {ring-slots: 268435456}"])
      let file = try lab.write(text, to: "sluice.yaml")
      let bounded = ["prlimit", "--as=536870912", Laboratory.sluice, "run", "--config", file]
      expectOneLine(try lab.run(.director, bounded), naming: "limits")
      #expect(try !lab.output(.director, "bpftool", "net").contains("eth0("))
    }

    private func run(_ lab: Laboratory, _ text: String) throws -> Ended {
      let file = try lab.write(text, to: "refused.yaml")
      return try lab.run(.director, [Laboratory.sluice, "run", "--config", file])
    }

    private func expectOneLine(_ ended: Ended, naming word: String) {
      #expect(ended.status > 0, "\(ended.text)")
      let lines = ended.errors.split(separator: "\n")
      #expect(lines.count == 1 && lines.first?.contains(word) == true, "\(ended.text)")
    }
  }
}
