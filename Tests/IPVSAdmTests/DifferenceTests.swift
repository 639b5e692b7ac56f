import IPVSAdm
import Testing

/// What Sluice answers otherwise than the kernel's table would, on purpose.
@Suite struct DifferenceTests {
  private let table = MemoryTable()

  private func run(_ line: String, input: String = "") async -> Ended {
    await Session(table, names: .ofRecordings).run(Shell.words(line)) { input }
  }

  @Test(
    "A VIP or a server that no host on the network can have is refused",
    arguments: ["-A -t 127.0.0.1:80", "-A -t 224.0.0.1:80", "-A -t [fe80::1]:80", "-a -t 10.9.0.1:80 -r 127.0.0.1"]
  )
  func notUnicast(_ line: String) async {
    _ = await run("-A -t 10.9.0.1:80")
    let refused = await run(line)
    #expect(refused.code == 255)
    #expect(refused.error == "Invalid operation.  Possibly wrong module version, address not unicast, ...\n")
  }

  @Test func `a server that is a VIP would be a loop`() async {
    _ = await run("-A -t 10.9.0.1:80")
    #expect(await run("-a -t 10.9.0.1:80 -r 10.9.0.1").error.contains("10.9.0.1 is both a VIP and a server"))
  }

  @Test(
    "Modules that Sluice doesn't have are not found",
    arguments: ["-A -u 10.9.0.1:5060 -p 60 --pe sip", "-A -t 10.9.0.1:80 -s none"]
  )
  func modules(_ line: String) async {
    #expect(await run(line) == Ended(error: "Scheduler or persistence engine not found\n", code: 255))
  }

  @Test func `remote checksums and the daemon that copies connections are refused in one line`() async {
    _ = await run("-A -t 10.9.0.1:80")
    let checksum = await run("-a -t 10.9.0.1:80 -r 10.0.0.1 -i --tun-type gue --tun-port 6080 --tun-remcsum")
    #expect(checksum.code == 255 && checksum.error.hasPrefix("--tun-remcsum is not supported"))
    let daemon = await run("--start-daemon master --mcast-interface eth0")
    #expect(daemon.code == 255 && daemon.error.hasPrefix("Sluice has no daemon that copies connections"))
    #expect(await run("-L --daemon") == Ended())
    #expect(await run("--stop-daemon master") == Ended(error: "No daemon is running\n", code: 255))
  }

  @Test func `a masqueraded server is kept and listed, with a note for terminals`() async {
    _ = await run("-A -t 10.9.0.1:80")
    let added = await run("-a -t 10.9.0.1:80 -r 10.0.0.1:8080 -m")
    #expect(added.output.isEmpty && added.error.isEmpty && added.code == 0)
    #expect(
      added.notes == [
        "server 10.0.0.1:8080 of tcp 10.9.0.1:80: masquerading is not forwarded; the server is only kept: use direct routing or a tunnel"
      ]
    )
    #expect(await run("-Ln").output.contains("  -> 10.0.0.1:8080                Masq    1      0          0         \n"))
    #expect(await run("-A -f 7").notes.count == 1)
  }

  @Test func `Sluice's own scheduler has its own name`() async {
    _ = await run("-A -t 10.9.0.1:80 -s maglev")
    #expect(await run("-Sn").output == "-A -t 10.9.0.1:80 -s maglev\n")
  }
}
