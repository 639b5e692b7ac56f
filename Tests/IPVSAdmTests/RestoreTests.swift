import IPVSAdm
import Model
import Testing

@Suite struct RestoreTests {
  private let table = MemoryTable()

  private func run(_ program: String, _ words: [String], input: String = "") async -> Ended {
    await Session(table, names: .none, program: program).run(words) { input }
  }

  @Test func `save, clear, restore and save give the same for 1,000 random tables`() async throws {
    var random = SeededGenerator(seed: 0x1b5)
    for round in 0..<1000 {
      _ = await run("ipvsadm", ["-C"])
      let commands = RandomTable.commands(&random)
      for command in commands { _ = await run("ipvsadm", command) }
      let saved = await run("ipvsadm", ["-S", "-n"])
      let before = table.table
      _ = await run("ipvsadm", ["-C"])
      let restored = await run("ipvsadm-restore", [], input: saved.output)
      #expect(restored.code == 0 && restored.error.isEmpty, "round \(round): \(restored.error)")
      #expect(await run("ipvsadm", ["-S", "-n"]) == saved, "round \(round)")
      // Thresholds aren't saved, and flags without a name of their own are left out.
      #expect(table.table.services.count == before.services.count)
    }
  }

  @Test(
    "A command that fails changes nothing",
    arguments: [
      "-A -t 10.9.0.1:80", "-A -t 10.9.0.2:80 -s nope", "-A -t 10.9.0.2:80 -w 1", "-E -t 10.9.0.2:80", "-D -t 10.9.0.2:80",
      "-a -t 10.9.0.1:80 -r 10.0.0.1", "-a -t 10.9.0.1:80 -r 10.0.0.2 -x 1 -y 2", "-e -t 10.9.0.1:80 -r 10.0.0.2",
      "-e -t 10.9.0.1:80 -r 10.0.0.1 -x 1 -y 2", "-d -t 10.9.0.1:80 -r 10.0.0.2", "-C x", "--set 1 2", "--set 1 2 x",
      "-E -t 10.9.0.1:80 -s mh -b sh-port", "-Z -t 10.9.0.2:80",
    ]
  )
  func failures(_ line: String) async {
    _ = await run("ipvsadm", ["-R"], input: "-A -t 10.9.0.1:80 -s sh -p 60\n-a -t 10.9.0.1:80 -r 10.0.0.1 -w 5\n")
    let before = await (run("ipvsadm", ["-S", "-n"]), run("ipvsadm", ["-L", "--timeout"]))
    #expect(await run("ipvsadm", Shell.words(line)).code != 0)
    #expect(await run("ipvsadm", ["-S", "-n"]) == before.0)
    #expect(await run("ipvsadm", ["-L", "--timeout"]) == before.1)
  }

  @Test func `a file with a fault in its last line restores nothing, says where, and clears nothing`() async {
    _ = await run("ipvsadm", ["-A", "-t", "10.9.0.1:80"])
    let before = table.table
    let refused = await run("ipvsadm-restore", [], input: "-A -t 10.9.0.2:80 -s rr\n\n-A -t 10.9.0.3:80 -w 1\n")
    #expect(refused.error == "Illegal 'weight' option with the 'add-service' command\n" && refused.code == 2)
    #expect(refused.notes == ["line 3: nothing has been restored"])
    #expect(await run("ipvsadm-restore", [], input: "-A -t 10.9.0.2:80\n-A -t 10.9.0.3:80 -s nope\n").code == 255)
    #expect(table.table == before)
  }

  @Test func `comments, blank lines, carriage returns and the word ipvsadm are skipped`() async {
    let text = "# saved\r\n\r\nipvsadm -A -t 10.9.0.1:80 -s rr # web\r\n\t-a -t  10.9.0.1:80 -r 10.0.0.1:80 -g\t-w 2"
    #expect(await run("ipvsadm", ["--restore"], input: text) == Ended())
    #expect(await run("ipvsadm-save", ["-n"]).output == "-A -t 10.9.0.1:80 -s rr\n-a -t 10.9.0.1:80 -r 10.0.0.1:80 -g -w 2\n")
  }

  @Test func `a flag without a name survives saving, though ipvsadm's own restore would stop at it`() async {
    _ = await run("ipvsadm", ["-A", "-t", "10.9.0.1:80", "-s", "mh", "-b", "flag-3"])
    let saved = await run("ipvsadm", ["-S", "-n"])
    #expect(saved.output == "-A -t 10.9.0.1:80 -s mh -b \n")
    #expect(await run("ipvsadm-restore", [], input: saved.output).code == 0)
    #expect(await run("ipvsadm", ["-S", "-n"]) == saved)
  }
}
