import Testing

@testable import Configuration
@testable import Model

/// Files that are large or deep in one place: they are refused in one short line.
@Suite struct LargeFileTests {
  private func refusal(of yaml: String) -> String {
    let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: yaml, file: "f", needsInterfaces: false) }
    return error?.description ?? ""
  }

  private static let long = String(repeating: "x", count: 10 << 20)
  private static let start = String(repeating: "x", count: 128) + "…"

  static let longTexts = [
    WrongFile(yaml: "services: \(long)\n", error: "f:1:11: services is '\(start)'; write a list, or [] for an empty one"),
    WrongFile(
      yaml: "? \(long)\n: 1\n",
      error: "f:1:3: unknown key '\(start)' in the file; use one of director, timeouts, services, replay"
    ),
    WrongFile(
      yaml: "\"a\\nb\": 1\n",
      error: "f:1:1: unknown key 'a\\nb' in the file; use one of director, timeouts, services, replay"
    ),
    WrongFile(
      yaml: "services:\n- service: \"tcp\\n\(long)\"\n",
      error: "f:2:12: services[0].service is 'tcp\\n\(start.dropFirst(4))'; write \(ServiceKey.form)"
    ),
    WrongFile(
      yaml: "services:\n- service: \(String(repeating: "e\u{301}", count: 5 << 20))\n",
      error: "f:2:12: services[0].service is '\(String(repeating: "e\u{301}", count: 64))…'; write \(ServiceKey.form)"
    ),
    WrongFile(
      yaml: "timeouts: { udp: \(long) }\n",
      error: "f:1:18: timeouts.udp is '\(start)'; write a whole number from 1 to 604800"
    ),
    WrongFile(
      yaml: "director: { interfaces: [eth0], mode: \(long) }\n",
      error: "f:1:39: director.mode is '\(start)'; write one of auto, native, generic"
    ),
    WrongFile(
      yaml: "replay:\n  interfaces:\n    ? \(long)\n    : 1\n",
      error: "f:4:7: replay.interfaces.\(start) is '1'; write a mapping with keys from mac, mtu, addresses, tags"
    ),
    WrongFile(
      yaml: "? \(long)\n: 1\n? \(long)\n: 1\n",
      error: "f:1:3: '\(start)' is given more than once in one mapping; keep one"
    ),
    WrongFile(
      yaml: "replay: { interfaces: { \((0..<17).map { "eth\($0): {}" }.joined(separator: ", ")) } }\n",
      error: "f:1:23: replay.interfaces has 17 names; write those of director.interfaces, at most 16"
    ),
  ]

  @Test("A long text is quoted with its beginning only", arguments: longTexts)
  func longText(file: WrongFile) {
    #expect(refusal(of: file.yaml) == file.error)
  }

  @Test(arguments: ["[", "- ", "? ", "{a: ", "[{a: "])
  func `a hundred thousand levels are refused, not a crash`(level: String) {
    let error = refusal(of: String(repeating: level, count: 100_000))
    #expect(error.hasSuffix(": the file nests too deep; write at most 6 levels, as in Docs/sluice.example.yaml"), "\(error)")
  }

  @Test func `levels by indentation are refused as well`() {
    let error = refusal(of: (0..<2000).map { String(repeating: " ", count: $0) + "a:\n" }.joined())
    #expect(error == "f:1000:1000: the file nests too deep; write at most 6 levels, as in Docs/sluice.example.yaml")
  }
}
