import Configuration
import Foundation
import Testing

/// Input that is broken, or made to take time or memory: one clear line, soon.
@Suite(.serialized) struct KeepalivedHostileTests {
  @Test(arguments: [
    ("a {", "k.conf:1: the block of 'a' is not closed; add a '}' after its last line"),
    (
      "a\nvirtual_server 192.0.2.1 80 {\n b {\n }\n",
      "k.conf:2: the block of 'virtual_server 192.0.2.1 80' is not closed; add a '}' after its last line"
    ),
    ("a {\n}\n}", "k.conf:3: a '}' closes no block; remove it, or check the braces above"),
    ("\n{", "k.conf:2: a '{' is not after a keyword; remove it, or write what it is a block of"),
    ("a { { } }", "k.conf:1: a '{' is not after a keyword; remove it, or write what it is a block of"),
    ("a\nb \"c\n", "k.conf:2: a double quote is not closed; close it in the same line"),
    ("a\nb\u{0}c\n", "k.conf:2: the line has a zero byte; give a keepalived configuration, which is text"),
    ("include k.conf", "k.conf:1: k.conf includes itself; remove the line"),
    ("$A=$A\nb $A", "k.conf:2: the definitions in this line have no end; check whether one contains itself"),
    ("$A=$B $B\n$B=$A $A\nc ${A}", "k.conf:3: the definitions in this line have no end; check whether one contains itself"),
    (
      "$A= \\\n b \\\n $A\n$A",
      "k.conf:4: the configuration has over 1000000 lines or 16 MiB once it is expanded; check whether a definition contains itself, and the ends of each ~SEQ"
    ),
    (
      "~SEQ(I, 4294967295) ~SEQ(J, 4294967295) a",
      "k.conf:1: the configuration has over 1000000 lines or 16 MiB once it is expanded; check whether a definition contains itself, and the ends of each ~SEQ"
    ),
    (
      "virtual_server_group G {\n 10.0.0.0-10.255.255.255 80\n}\nvirtual_server group G {\n real_server 192.0.2.1 {\n }\n lb_kind DR\n}",
      "k.conf:2: '10.0.0.0-10.255.255.255 80' has over 65535 addresses; write the addresses that clients use; each becomes a service"
    ),
  ])
  func broken(_ text: String, _ line: String) {
    let clock = ContinuousClock()
    let begin = clock.now
    #expect(KeepalivedText(text).fault() == line)
    #expect(clock.now - begin < .seconds(60), "in a debug build, on a busy machine")
  }

  @Test func `blocks without end`() {
    let text = String(repeating: "a {\n", count: 1_000_000)
    #expect(KeepalivedText(text).fault() == "k.conf:33: blocks are more than 32 deep in one another; check the braces above")
  }

  @Test func `a short file that expands to much more text than lines`() {
    let text = "$A=\(String(repeating: "a ", count: 2000))b\n~SEQ(I, 900000) $A"
    let fault = KeepalivedText(text).fault()
    #expect(fault?.hasPrefix("k.conf:2: the configuration has over 1000000 lines or 16 MiB once it is expanded") == true)
  }

  @Test func `a file that is too large`() {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: (16 << 20) + 1)
    #expect(KeepalivedText(bytes: text).fault() == "k.conf:1: the files are over 16 MiB; check that they are the right ones")
  }

  @Test func `a line that is too long`() {
    let text = "a\nb " + String(repeating: "c", count: 5000)
    #expect(KeepalivedText(text).fault() == "k.conf:2: the line has over 4096 bytes; keepalived takes 1023; divide it")
  }

  @Test func `bytes that are no text`() {
    var state: UInt64 = 7
    let bytes = (0..<1_000_000).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(state >> 56)
    }
    #expect(KeepalivedText(bytes: bytes).fault()?.hasPrefix("k.conf:") == true)
    // Without zeros, quotes and braces it is a file of unknown words; each is one line at most.
    let words = bytes.filter { !"{}\"\0".utf8.contains($0) && $0 != 0 }.chunked(by: 80)
    let imported = try? KeepalivedText(bytes: words).imported()
    #expect(imported.map { $0.notes.count <= 1001 && $0.lines.allSatisfy { !$0.contains("\n") } } == true)
  }

  @Test func `files that include each other in circles, and many files`() {
    let circle = ["a.conf": "include b.conf", "b.conf": "include k.conf"]
    #expect(KeepalivedText("include a.conf", circle).fault() == "b.conf:1: k.conf includes itself; remove the line")
    // Each of twelve levels includes the next one four times.
    let tree = Dictionary(
      uniqueKeysWithValues: (0..<12).map { ("\($0).conf", String(repeating: "include \($0 + 1).conf\n", count: 4)) }
    )
    let fault = KeepalivedText("include 0.conf", tree.merging(["12.conf": "a"]) { $1 }).fault()
    #expect(fault?.hasSuffix("more than 4096 files are included; check whether files include each other") == true)
    let chain = Dictionary(uniqueKeysWithValues: (0..<100).map { ("\($0).conf", "include \($0 + 1).conf\nx") })
    let deep = KeepalivedText("include 0.conf\nx", chain).fault()
    #expect(
      deep
        == "62.conf:1: files, definitions and sequences are more than 64 deep in one another; check whether one of them contains itself"
    )
  }

  @Test func `a hundred thousand lines are read in time`() throws {
    var text = ""
    for service in 0..<1000 {
      text += "virtual_server 10.1.\(service / 250).\(service % 250 + 1) 80 {\nlb_algo rr\nlb_kind DR\ndelay_loop 5\n"
      for server in 0..<20 {
        text += "real_server 10.2.\(service / 250).\(server + 1) 80 {\nweight 2\nTCP_CHECK {\nconnect_timeout 3\n}\n}\n"
      }
      text += "}\n"
    }
    let clock = ContinuousClock()
    let begin = clock.now
    let imported = try KeepalivedText(text).imported()
    print("\(text.split(separator: "\n").count) lines in \(clock.now - begin)")
    #expect(clock.now - begin < .seconds(60), "in a debug build, on a busy machine")
    #expect(imported.configuration.table.services.count == 1000)
    #expect(imported.configuration.table.services.allSatisfy { $0.servers.count == 20 })
    #expect(imported.notes.isEmpty)
  }

  @Test func `a hundred thousand different mistakes are a thousand lines`() throws {
    let text = (0..<100_000).map { "wrong\($0) {\n}\n" }.joined()
    let imported = try KeepalivedText(text).imported()
    #expect(imported.notes.count == 1000)
    #expect(imported.droppedNotes == 99_000)
  }

  @Test func `examples with something wrong in them are read as something valid, or refused in one line`() throws {
    var random = SystemRandomNumberGenerator()
    var refused = 0
    for name in KeepalivedExampleTests.names {
      let text = try [UInt8](Data(contentsOf: URL(filePath: "\(KeepalivedExampleTests.folder)\(name).conf")))
      for _ in 0..<100 {
        var bytes = text
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          let length = Int.random(in: 1...24, using: &random)
          let part = bytes[place..<min(place + length, bytes.count)]
          switch Int.random(in: 0..<4, using: &random) {
          case 0: bytes.removeSubrange(part.indices)
          case 1: bytes.insert(contentsOf: part, at: Int.random(in: 0...bytes.count, using: &random))
          case 2: bytes[place] = UInt8.random(in: 1...255, using: &random)
          default: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
          }
        }
        do {
          let imported = try KeepalivedText(bytes: bytes).imported()
          let again = try Configuration(yaml: imported.configuration.yaml, file: "again")
          #expect(again == imported.configuration, "\(String(decoding: bytes, as: UTF8.self))")
          #expect(imported.lines.allSatisfy { !$0.contains("\n") })
        } catch let error as ConfigurationError {
          refused += 1
          #expect(error.file == "k.conf" && !"\(error)".contains("\n"), "\(error) in \(String(decoding: bytes, as: UTF8.self))")
        }
      }
    }
    print("\(refused) of 2000 refused")
  }

  /// What a grammar stumbles over.
  private static let pieces = [
    "{", "}", "\"", "'", "\\", "$A", "${", "~SEQ(I,9) ", "@main ", "#", "\n", " -1 ", " 99999999999999999999 ", "\u{85}",
  ].map { Array($0.utf8) }

  @Test func `services and servers of groups are bounded together`() {
    var text = "virtual_server_group G {\n10.0.0.0/18 80\n}\nvirtual_server group G {\nlb_kind DR\n"
    for server in 1...40 { text += "real_server 192.0.2.\(server) {\n}\n" }
    text += "}\n"
    let entries = (0..<20).map { "10.\($0).0.0/18 80\n" }.joined()
    #expect(
      KeepalivedText("virtual_server_group G {\n\(entries)}\nvirtual_server group G {\nlb_kind DR\nreal_server 192.0.2.1 {\n}\n}")
        .fault()
        == "k.conf:5: the group has over 65535 addresses up to here; divide it"
    )
    #expect(
      KeepalivedText(text).fault()
        == "k.conf:4: up to here there are over 65535 services or 500000 servers of them; check the ranges of the virtual_server_group"
    )
  }
}

extension [UInt8] {
  /// With a line's end after so many bytes.
  fileprivate func chunked(by count: Int) -> [UInt8] {
    enumerated().flatMap { $0.offset % count == count - 1 ? [UInt8(ascii: "\n"), $0.element] : [$0.element] }
  }
}
