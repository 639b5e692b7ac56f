import Testing
import Yams

@testable import Configuration
@testable import Model

/// Anchors and aliases: what operators use them for works; what costs more than the file's size suggests is refused.
@Suite struct AliasExpansionTests {
  private func read(_ yaml: String) throws -> Configuration {
    try Configuration(yaml: yaml, file: "f", needsInterfaces: false)
  }

  @Test func `services share a list of servers, servers share values, and anchors may hold aliases`() throws {
    let shared = try read(
      """
      # * a pool for both services
      services:
        - service: tcp 10.0.0.100:80
          sorry: &spare 10.0.0.9
          servers: &pool
            - { address: 10.0.0.2, weight: &weight 3 }
            - &second { address: 10.0.0.3, forward: gue, weight: *weight }
        - { service: tcp 10.0.0.100:443, servers: *pool , sorry: *spare}
        - service: udp 10.0.0.100:53
          servers: [ *second ]
      """
    )
    let plain = try read(
      """
      services:
        - service: tcp 10.0.0.100:80
          sorry: 10.0.0.9
          servers: [{ address: 10.0.0.2, weight: 3 }, { address: 10.0.0.3, forward: gue, weight: 3 }]
        - service: tcp 10.0.0.100:443
          servers: [{ address: 10.0.0.2, weight: 3 }, { address: 10.0.0.3, forward: gue, weight: 3 }]
          sorry: 10.0.0.9
        - service: udp 10.0.0.100:53
          servers: [{ address: 10.0.0.3, forward: gue, weight: 3 }]
      """
    )
    #expect(shared == plain)
  }

  @Test(arguments: ["a*b *c", "'*a'", "\"*a\"", "\"\\x2aa\"", "|-\n    *a", "a* # *a", "\u{e000}*", "\u{e000} # *a"])
  func `an asterisk in a text or a comment is only that`(text: String) throws {
    let read = try Configuration(yaml: "director:\n  interfaces: [eth0]\n  hash-key: \(text)\n", file: "f")
    #expect(read.director.hashKeyText == (try Yams.compose(yaml: text.replacing("\n    ", with: "\n  "))?.string))
  }

  /// The classic form, with ten aliases on each of nine levels: a billion nodes. Then a key of two to the power of 60 nodes, which Yams would
  /// hash, and a chain that would overflow the stack.
  static let bombs = [
    WrongFile(
      yaml: "a: &a0 [x]\n"
        + (1...9).map { "b\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ", "))]\n" }
        .joined() + "services: *a9\n",
      error: "f:8:10: the aliases up to here add more than 4000000 values; use fewer, or with smaller values"
    ),
    WrongFile(
      yaml: "- &a0 [x]\n" + (1...60).map { "- &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined() + "- { *a60 : 1 }\n",
      error: "f:21:9: the aliases up to here add more than 4000000 values; use fewer, or with smaller values"
    ),
    WrongFile(
      yaml: "- &a0 [x]\n" + (1...100_000).map { "- &a\($0) [*a\($0 - 1)]\n" }.joined(),
      error: "f:64:3: the file nests deeper than 64 levels; write the value without so many aliases"
    ),
  ]

  @Test("A file that would expand to gigabytes is refused at once", arguments: bombs)
  func bomb(file: WrongFile) {
    let clock = ContinuousClock()
    let time = clock.measure { expect(file) }
    // In a debug build, beside other tests; what is not bounded takes forever.
    #expect(time < .seconds(60))
  }

  @Test(arguments: [
    WrongFile(
      yaml: "services: *web\n",
      error: "f:1:11: '*web' has no anchor; write '&web' before an earlier value, or quote the text"
    ),
    WrongFile(
      yaml: "services: &a [*a]\n",
      error: "f:1:15: '*a' has no anchor; write '&a' before an earlier value, or quote the text"
    ),
    WrongFile(
      yaml: "services: [&a x, { *a : 1 }]\n",
      error: "f:1:20: a key is an alias; write the key itself"
    ),
    WrongFile(
      yaml: "services: *.example.org\n",
      error: "f:1:11: '*.example.org' is not an alias; write '*' and a name of letters, digits, '-' and '_', or quote the text"
    ),
    WrongFile(
      yaml: "services:\n  - service: *a\n      b\n",
      error: "f:2:14: '*a b' is not an alias; write '*' and a name of letters, digits, '-' and '_', or quote the text"
    ),
    WrongFile(
      yaml: "services: [&a x, &b *a]\n",
      error: "f:1:18: '&b *a' is an anchor at an alias; use '*a' wherever the value is wanted"
    ),
    // Where the anchor is: that is the text to repair.
    WrongFile(
      yaml: "services:\n- service: &s tcp 10.0.0.1\n- service: *s\n",
      error: "f:2:12: services[0].service is 'tcp 10.0.0.1'; write \(ServiceKey.form)"
    ),
    WrongFile(yaml: "a*: 1\na*: 2\n", error: "f:1:1: 'a*' is given more than once in one mapping; keep one"),
    WrongFile(
      yaml: "hash-key: \"\\*\"\n",
      error: "f:1:12: found unknown escape character while parsing a quoted scalar; check indentation, colons and quotes here"
    ),
  ])
  func `a wrong alias is refused at its place`(file: WrongFile) { expect(file) }

  private func expect(_ file: WrongFile) {
    let error = #expect(throws: ConfigurationError.self) { try read(file.yaml) }
    #expect(error?.description == file.error)
  }

  /// All texts of up to four of these tokens after an anchor.
  @Test func `what is read is what Yams makes of it`() throws {
    let tokens = ["*a", "&b ", "[", "]", ", ", "{", "}", ": ", "? ", "x", "\n  ", "\"*\""]
    var texts = [""]
    var (read, aliases) = (0, 0)
    for _ in 0..<4 {
      texts = texts.flatMap { text in tokens.map { text + $0 } }
      for text in texts {
        let yaml = "- &a [y]\n- " + text
        let theirs = (try? Yams.compose(yaml: yaml, .basic)).map(Self.written)
        do {
          let ours = Self.written(try YAMLText.compose(yaml, file: "f"))
          #expect(ours == theirs, "\(yaml)")
          read += 1
          if text.contains("*a") { aliases += 1 }
        } catch {
          // Refused by both, or for a key that is no word.
          #expect(theirs == nil || ["a key is an alias", "a key is not a word"].contains(error.what), "\(yaml): \(error)")
        }
      }
    }
    #expect(read > 500, "\(read)")
    #expect(aliases > 100, "\(aliases)")
  }

  private static func written(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): "'\(scalar.string)' \(scalar.style) \(scalar.mark.debugDescription)"
    case .sequence(let sequence): "[\(sequence.map(written).joined(separator: ", "))] \(sequence.mark.debugDescription)"
    case .mapping(let mapping):
      "{\(mapping.map { "\(written($0.key)): \(written($0.value))" }.joined(separator: ", "))} \(mapping.mark.debugDescription)"
    case .alias: "*"
    }
  }
}
