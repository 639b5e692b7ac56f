import IPVSAdm
import Model
import Testing

/// Lines that nobody would type: each is read or refused, and none ends the process.
@Suite struct HostileLineTests {
  private static let words = [
    "-A", "-a", "-E", "-e", "-D", "-d", "-L", "-S", "-Z", "-R", "--set", "-t", "-u", "-f", "-r", "-p", "-M", "-b", "-w", "-x",
    "-y", "-6",
    "-n", "-c", "-i", "-m", "--tun-type", "gue", "--tun-port", "--pe", "-s", "mh", "[", "]", "[]:", "[::1]", "[::1]:", ":", "::",
    ":80", "=",
    "--=", "-=", "-", "--", "-Ln", "-w=", "-p5", "-é", "\u{301}", "-\u{301}", "\0", "10.9.0.1\0:80", "4294967296",
    "-9223372036854775809",
    "99999999999999999999", ",", ",,", "255.255.255.0", "10.9.0.1:80", "[2001:db8::1]:80", "2001:db8::1", "#", "\r", "ipvsadm",
  ]

  @Test func `20,000 random lines`() async {
    var random = SeededGenerator(seed: 0x1b6)
    let session = Session(MemoryTable(), names: .none)
    for _ in 0..<20_000 {
      let line = (0..<Int.random(in: 1...9, using: &random)).map { _ in Self.words.randomElement(using: &random) ?? "" }
      let ended = await session.run(line) { line.joined(separator: " ") }
      #expect([0, 1, 2, 255].contains(ended.code), "\(line): \(ended)")
      #expect(ended.code == 0 || ended.error.utf8.last == UInt8(ascii: "\n"), "\(line)")
    }
  }
}
